import { median, spread, VOID_SPREAD } from './statistics.js';

/** One line of the result. `target` is what the project promises; `met` is null where there is no promise. */
export interface Line {
  readonly what: string;
  readonly figure: number;
  readonly unit: 'ratio' | 'ms' | 'per second' | 'bytes' | 's' | 'keys';
  readonly target: string;
  readonly met: boolean | null;
  /** The measurement says nothing, because the limit itself moved too much between rounds. */
  readonly void?: boolean;
  readonly note?: string;
}

/** The limit of a measurement: its name, and one figure for each round. */
export interface Limit {
  readonly name: string;
  readonly figures: readonly number[];
  readonly unit: 'ms' | '/s' | 's';
}

/** The limit in words, with its median and how far its rounds lie apart. */
export function limitNote({ name, figures, unit }: Limit): string {
  return `limit (${name}) ${rounded(median(figures))}${unit === '/s' ? unit : ` ${unit}`}, ${figures.length} rounds, spread ${Math.round(spread(figures) * 100)} %`;
}

/** A figure with an upper bound, beside the limit of the same rounds. */
export function boundLine(what: string, figure: number, unit: Line['unit'], most: number, limit: Limit, note = ''): Line {
  return {
    what,
    figure,
    unit,
    target: `≤ ${most}${unit === 'ratio' ? '' : ` ${unit}`}`,
    met: figure <= most,
    void: spread(limit.figures) > VOID_SPREAD,
    note: [limitNote(limit), note].filter(Boolean).join('; '),
  };
}

/** A rate compared with a limit from the same rounds; without `least` there is no promise. */
export function ratioLine(what: string, ours: readonly number[], limit: Limit, least: number | null): Line {
  const ratios = ours.map((value, round) => value / (limit.figures[round] as number));
  const ratio = median(ratios);
  return {
    what,
    figure: ratio,
    unit: 'ratio',
    target: least === null ? '' : `≥ ${least}`,
    met: least === null ? null : ratio >= least,
    void: spread(limit.figures) > VOID_SPREAD,
    note: `ours ${rounded(median(ours))}/s, ${limitNote(limit)}, ratios ${Math.min(...ratios).toFixed(2)} to ${Math.max(...ratios).toFixed(2)}`,
  };
}

const rounded = (figure: number): string => (figure < 100 ? figure.toFixed(2) : String(Math.round(figure)));

const written = (line: Line): string => {
  if (line.unit === 'ratio') return line.figure.toFixed(2);
  if (line.unit === 'ms' || line.unit === 's') return `${line.figure.toFixed(2)} ${line.unit}`;
  return `${Math.round(line.figure)} ${line.unit}`;
};

const verdict = (line: Line): string => {
  const said = line.met === null ? '' : line.met ? 'met' : 'MISSED';
  return line.void ? `void ${said && `(${said})`}`.trim() : said;
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
