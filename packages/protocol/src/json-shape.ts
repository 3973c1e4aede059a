// Hand-made checks for the few JSON shapes of the protocol. A schema library would be larger than all of them, on
// the page whose weight decides whether a panic goes out on 2G.
import { fromBase64url, fromHex, fromUtf8 } from './bytes.js';

/** JSON that has not the expected shape; `path` names the field, never its value. */
export class ShapeError extends Error {
  override readonly name = 'ShapeError';

  constructor(readonly path: string, expected: string) {
    super(`${path}: ${expected} expected`);
  }
}

/** Parses strict UTF-8 JSON whose top level is an object. */
export function parseJsonObject(bytes: Uint8Array): JsonObject {
  let value: unknown;
  try {
    value = JSON.parse(fromUtf8(bytes));
  } catch {
    throw new ShapeError('$', 'UTF-8 JSON');
  }
  return new JsonObject(value, '$');
}

/** Reads fields of an object, unknown ones ignored: newer writers may add to a shape without breaking older readers. */
export class JsonObject {
  private readonly fields: object;

  constructor(
    value: unknown,
    private readonly path: string,
  ) {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) throw new ShapeError(path, 'object');
    this.fields = value;
  }

  /** The raw value; undefined when absent. Own properties only, so that nothing is read off a prototype. */
  private raw(name: string): unknown {
    return Object.hasOwn(this.fields, name) ? (this.fields as Record<string, unknown>)[name] : undefined;
  }

  private fail(name: string, expected: string): never {
    throw new ShapeError(`${this.path}.${name}`, expected);
  }

  has(name: string): boolean {
    return this.raw(name) !== undefined;
  }

  isNull(name: string): boolean {
    return this.raw(name) === null;
  }

  keys(): string[] {
    return Object.keys(this.fields);
  }

  text(name: string, maxLength: number): string {
    const value = this.raw(name);
    if (typeof value !== 'string' || value.length > maxLength) this.fail(name, `text of at most ${maxLength} characters`);
    return value;
  }

  optionalText(name: string, maxLength: number): string | undefined {
    return this.has(name) ? this.text(name, maxLength) : undefined;
  }

  oneOf<T extends string>(name: string, allowed: readonly T[]): T {
    const value = this.raw(name);
    const found = allowed.find((each) => each === value);
    if (found === undefined) this.fail(name, allowed.join(' or '));
    return found;
  }

  boolean(name: string): boolean {
    const value = this.raw(name);
    if (typeof value !== 'boolean') this.fail(name, 'true or false');
    return value;
  }

  integer(name: string, min: number, max: number): number {
    const value = this.raw(name);
    if (typeof value !== 'number' || !Number.isSafeInteger(value) || value < min || value > max) {
      this.fail(name, `whole number from ${min} to ${max}`);
    }
    return value;
  }

  number(name: string, min: number, max: number): number {
    const value = this.raw(name);
    if (typeof value !== 'number' || !(value >= min && value <= max)) this.fail(name, `number from ${min} to ${max}`);
    return value;
  }

  /** ISO 8601 in UTC with seconds or milliseconds, as Date.prototype.toISOString writes it. */
  instant(name: string): string {
    const value = this.raw(name);
    const form = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,3})?Z$/;
    if (typeof value !== 'string' || !form.test(value) || Number.isNaN(Date.parse(value))) {
      this.fail(name, 'time as 2026-01-31T12:00:00Z');
    }
    return value;
  }

  /** Checked base64url of `length` bytes, as text. */
  base64url(name: string, length: number): string {
    const value = this.raw(name);
    if (typeof value !== 'string' || fromBase64url(value, length) === null) this.fail(name, `base64url of ${length} bytes`);
    return value;
  }

  /** Checked lower-case hexadecimal of `length` bytes, as text. */
  hex(name: string, length: number): string {
    const value = this.raw(name);
    if (typeof value !== 'string' || fromHex(value, length) === null) this.fail(name, `hexadecimal of ${length} bytes`);
    return value;
  }

  object(name: string): JsonObject {
    return new JsonObject(this.raw(name), `${this.path}.${name}`);
  }

  private array(name: string, maxLength: number): unknown[] {
    const value = this.raw(name);
    if (!Array.isArray(value) || value.length > maxLength) this.fail(name, `list of at most ${maxLength}`);
    return value;
  }

  list<T>(name: string, maxLength: number, read: (item: JsonObject) => T): T[] {
    return this.array(name, maxLength).map((item, i) => read(new JsonObject(item, `${this.path}.${name}[${i}]`)));
  }

  /** A list of plain values: each is put under its index so that the field readers above can be used on it. */
  values<T>(name: string, maxLength: number, read: (items: JsonObject, key: string) => T): T[] {
    const items = this.array(name, maxLength);
    const indexed = new JsonObject({ ...items }, `${this.path}.${name}`);
    return items.map((_item, i) => read(indexed, String(i)));
  }
}
