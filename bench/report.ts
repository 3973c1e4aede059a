import { median, spread, VOID_SPREAD } from './statistics.js';

/** One line of the result. `target` is what the project promises; `met` is null where there is no promise. */
export interface Line {
  readonly what: string;
  readonly figure: number;
  readonly unit: 'ratio' | 'ms' | 'per second' | 'bytes' | 's';
  readonly target: string;
  readonly met: boolean | null;
  /** The measurement says nothing, because the limit itself moved too much between rounds. */
  readonly void?: boolean;
  readonly note?: string;
}

/** The line for a rate that is compared with a limit from the same rounds. */
export function ratioLine(
  what: string,
  figures: { limit: readonly number[]; ours: readonly number[] },
  least: number,
  limitName: string,
): Line {
  const ratios = figures.ours.map((value, round) => value / (figures.limit[round] as number));
  const ratio = median(ratios);
  const limitSpread = spread(figures.limit);
  return {
    what,
    figure: ratio,
    unit: 'ratio',
    target: `≥ ${least}`,
    met: ratio >= least,
    void: limitSpread > VOID_SPREAD,
    note:
      `ours ${Math.round(median(figures.ours))}/s, ${limitName} ${Math.round(median(figures.limit))}/s, ` +
      `${figures.ours.length} rounds, ratios ${Math.min(...ratios).toFixed(2)} to ${Math.max(...ratios).toFixed(2)}, ` +
      `spread of the limit ${Math.round(limitSpread * 100)} %`,
  };
}

const written = (line: Line): string => {
  if (line.unit === 'ratio') return line.figure.toFixed(2);
  if (line.unit === 'ms') return `${line.figure.toFixed(2)} ms`;
  if (line.unit === 's') return `${line.figure.toFixed(2)} s`;
  return `${Math.round(line.figure)} ${line.unit}`;
};

const verdict = (line: Line): string => {
  if (line.void) return 'void';
  if (line.met === null) return '';
  return line.met ? 'met' : 'MISSED';
};

/** The lines as a table for a terminal. */
export function table(lines: readonly Line[]): string {
  const rows = [
    ['what', 'figure', 'target', 'verdict'],
    ...lines.map((line) => [line.what, written(line), line.target, verdict(line)]),
  ];
  const widths = [0, 1, 2, 3].map((column) => Math.max(...rows.map((row) => (row[column] as string).length)));
  const out: string[] = [];
  rows.forEach((row, index) => {
    out.push(row.map((cell, column) => cell.padEnd(widths[column] as number)).join('  ').trimEnd());
    const note = index > 0 ? lines[index - 1]?.note : undefined;
    if (note) out.push(`    ${note}`);
  });
  return out.join('\n');
}
