const emptyBytes = 12;
const headerBytes = 20;
const countAt = 12;

/**
 * A column that a hot statement sends (PostgreSQL's binary form of an array, see binary-arrays.ts) as one array of one
 * element for each row: the same statement then writes a single row, by key.
 */
export function splitColumn(column: Buffer): Buffer[] {
  if (column.length === emptyBytes) return [];
  const header = Buffer.from(column.subarray(0, headerBytes));
  header.writeInt32BE(1, countAt);
  const single: Buffer[] = [];
  for (let at = headerBytes; at < column.length; ) {
    const end = at + 4 + Math.max(0, column.readInt32BE(at));
    single.push(Buffer.concat([header, column.subarray(at, end)]));
    at = end;
  }
  if (single.length !== column.readInt32BE(countAt)) throw new Error('a column has another length than it says');
  return single;
}
