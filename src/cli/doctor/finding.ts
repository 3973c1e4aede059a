/** What one check found. A warning is worth reading and not wrong; an unreachable part could not be looked at. */
export interface Finding {
  readonly check: string;
  readonly state: 'ok' | 'warning' | 'problem' | 'unreachable';
  /** One line: what is so, and for anything but "ok" what to do. Never an address, a key or a name of a person. */
  readonly text: string;
}

export function ok(check: string, text: string): Finding {
  return { check, state: 'ok', text };
}

export function warning(check: string, text: string): Finding {
  return { check, state: 'warning', text };
}

export function problem(check: string, text: string): Finding {
  return { check, state: 'problem', text };
}

export function unreachable(check: string, text: string): Finding {
  return { check, state: 'unreachable', text };
}

/** "3 days", "5 hours", "40 minutes": the largest unit that fits twice. */
export function roughly(ms: number): string {
  const units: [string, number][] = [
    ['day', 86_400_000],
    ['hour', 3_600_000],
    ['minute', 60_000],
  ];
  const [name, size] = units.find(([, unit]) => ms >= 2 * unit) ?? ['second', 1_000];
  return `${Math.floor(ms / size)} ${name}s`;
}
