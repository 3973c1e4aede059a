/**
 * PostgreSQL's binary form of one-dimensional arrays, for statements that write many rows with unnest.
 *
 * pg sends an array as text: every element is escaped, every byte becomes two hexadecimal digits, every time a string
 * that the server parses again. A Buffer is sent as it is, and the server takes it as the array's binary form. For the
 * tick's 500 alerts that halves what this process computes and what travels. The form is that of array_recv in
 * PostgreSQL's src/backend/utils/adt/arrayfuncs.c: five int32 (dimensions, whether there are nulls, type of the
 * elements, their number, the first index), then each element as its length and its bytes, −1 for null. Element types
 * are the numbers of pg_type.dat, which never change.
 */

const headerBytes = 20;
/** No dimension: the number of elements and the first index are left out. */
const emptyHeaderBytes = 12;
const lengthBytes = 4;
const nullLength = -1;
/** PostgreSQL counts microseconds from 2000-01-01. */
const postgresEpochMs = Date.UTC(2000, 0, 1);
const jsonbVersion = 1;
const uuidBytes = 16;

type Pick<Row, Value> = (row: Row) => Value | null;

/** One column of smallint[]. Values are picked from the rows; null is NULL. */
export function int2Array<Row>(rows: readonly Row[], pick: Pick<Row, number>): Buffer {
  return fixedWidth(21, 2, rows, pick, (buffer, value, at) => buffer.writeInt16BE(value, at));
}

/** int[] */
export function int4Array<Row>(rows: readonly Row[], pick: Pick<Row, number>): Buffer {
  return fixedWidth(23, 4, rows, pick, (buffer, value, at) => buffer.writeInt32BE(value, at));
}

/** bigint[]; values are safe integers. */
export function int8Array<Row>(rows: readonly Row[], pick: Pick<Row, number>): Buffer {
  return fixedWidth(20, 8, rows, pick, writeInt64);
}

/** boolean[] */
export function boolArray<Row>(rows: readonly Row[], pick: Pick<Row, boolean>): Buffer {
  return fixedWidth(16, 1, rows, pick, (buffer, value, at) => buffer.writeUInt8(value ? 1 : 0, at));
}

/** timestamptz[] from milliseconds since 1970; an invalid date throws. */
export function timestamptzArray<Row>(rows: readonly Row[], pick: Pick<Row, number>): Buffer {
  return fixedWidth(1184, 8, rows, pick, (buffer, ms, at) => writeInt64(buffer, Math.round((ms - postgresEpochMs) * 1_000), at));
}

/** uuid[] from the usual text with or without dashes. */
export function uuidArray<Row>(rows: readonly Row[], pick: Pick<Row, string>): Buffer {
  return fixedWidth(2950, uuidBytes, rows, pick, (buffer, value, at) => {
    if (buffer.write(value.replaceAll('-', ''), at, uuidBytes, 'hex') !== uuidBytes) throw new TypeError('a value is not a uuid');
  });
}

/** bytea[]; an element of another length than the others is fine. */
export function byteaArray<Row>(rows: readonly Row[], pick: Pick<Row, Uint8Array>): Buffer {
  return anyWidth(17, rows, pick, (value) => value.length, (buffer, value, at) => buffer.set(value, at));
}

/** text[] */
export function textArray<Row>(rows: readonly Row[], pick: Pick<Row, string>): Buffer {
  return anyWidth(25, rows, pick, (value) => Buffer.byteLength(value), (buffer, value, at) => void buffer.write(value, at));
}

/** jsonb[]; null is NULL, not the JSON null. */
export function jsonbArray<Row>(rows: readonly Row[], pick: Pick<Row, object>): Buffer {
  return anyWidth(
    3802,
    rows,
    (row) => {
      const value = pick(row);
      return value === null ? null : JSON.stringify(value);
    },
    (text) => 1 + Buffer.byteLength(text),
    (buffer, text, at) => {
      buffer.writeUInt8(jsonbVersion, at);
      buffer.write(text, at + 1);
    },
  );
}

function fixedWidth<Row, Value>(
  elementType: number,
  width: number,
  rows: readonly Row[],
  pick: Pick<Row, Value>,
  write: (buffer: Buffer, value: Value, at: number) => void,
): Buffer {
  const buffer = Buffer.allocUnsafe(headerBytes + rows.length * (lengthBytes + width));
  let at = writeHeader(buffer, elementType, rows.length);
  for (const row of rows) {
    const value = pick(row);
    at = buffer.writeInt32BE(value === null ? nullLength : width, at);
    if (value === null) continue;
    write(buffer, value, at);
    at += width;
  }
  return buffer.subarray(0, at);
}

function anyWidth<Row, Value>(
  elementType: number,
  rows: readonly Row[],
  pick: Pick<Row, Value>,
  widthOf: (value: Value) => number,
  write: (buffer: Buffer, value: Value, at: number) => void,
): Buffer {
  const values = rows.map(pick);
  const widths = values.map((value) => (value === null ? nullLength : widthOf(value)));
  const total = widths.reduce((sum, width) => sum + lengthBytes + Math.max(0, width), headerBytes);
  const buffer = Buffer.allocUnsafe(total);
  let at = writeHeader(buffer, elementType, rows.length);
  for (const [index, value] of values.entries()) {
    const width = widths[index] ?? nullLength;
    at = buffer.writeInt32BE(width, at);
    if (value === null) continue;
    write(buffer, value, at);
    at += width;
  }
  return buffer.subarray(0, at);
}

/** The flag for nulls is a hint that the server does not rely on. Returns where the elements begin, or the end. */
function writeHeader(buffer: Buffer, elementType: number, count: number): number {
  buffer.writeInt32BE(count === 0 ? 0 : 1, 0);
  buffer.writeInt32BE(1, 4);
  buffer.writeInt32BE(elementType, 8);
  if (count === 0) return emptyHeaderBytes;
  buffer.writeInt32BE(count, 12);
  buffer.writeInt32BE(1, 16);
  return headerBytes;
}

function writeInt64(buffer: Buffer, value: number, at: number): void {
  if (!Number.isSafeInteger(value)) throw new RangeError('a value is not a safe integer');
  const high = Math.floor(value / 0x1_0000_0000);
  buffer.writeInt32BE(high, at);
  buffer.writeUInt32BE(value - high * 0x1_0000_0000, at + 4);
}
