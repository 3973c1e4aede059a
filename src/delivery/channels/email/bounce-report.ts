/**
 * What a returned mail says: the enhanced status of a final failure ("5.1.1"), or null when it is anything else.
 *
 * Only a delivery status notification (RFC 3464) with Action: failed counts. Holiday replies and "delayed" notices
 * come to the same address, and taking one of them for a failure would cut somebody off who can be reached.
 */
export function failureStatus(raw: string): string | null {
  const report = statusPart(raw);
  if (report === null || !/^action:[ \t]*failed\b/im.test(report)) return null;
  return /^status:[ \t]*([245]\.\d{1,3}\.\d{1,3})\b/im.exec(report)?.[1] ?? '5.0.0';
}

/** The machine-readable part. The returned mail itself may follow and must not be read as if it were the report. */
function statusPart(raw: string): string | null {
  const start = /^content-type:[ \t]*message\/(?:global-)?delivery-status\b/im.exec(raw);
  if (!start) return null;
  const rest = raw.slice(start.index);
  const end = rest.search(/^--/m);
  return end < 0 ? rest : rest.slice(0, end);
}
