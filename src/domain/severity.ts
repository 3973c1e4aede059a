/** 1 critical (life, liberty now, whereabouts unknown, medical neglect in custody, duress), 2 high, 3 medium, 4 low. */
export type Severity = 1 | 2 | 3 | 4;

export const SEVERITY_NAMES = ['S1', 'S2', 'S3', 'S4'] as const;
/** How policies, headers and people write a severity. */
export type SeverityName = (typeof SEVERITY_NAMES)[number];

/** 1 → "S1". */
export function severityName(severity: Severity): SeverityName {
  return `S${severity}`;
}

/** "S1" → 1, as the database stores it; null for anything else. */
export function parseSeverity(name: string): Severity | null {
  const at = (SEVERITY_NAMES as readonly string[]).indexOf(name);
  return at < 0 ? null : ((at + 1) as Severity);
}
