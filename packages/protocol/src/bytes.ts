// Byte handling that every format shares. Integers are big-endian everywhere.
import { fromUtf8, utf8 } from './runtime.js';

export { fromUtf8, utf8 };

/** Throws TypeError unless `value` is a Uint8Array, of exactly `length` bytes when one is given.
 *  libsodium.js takes strings wherever it takes bytes; this is the guard against that. */
export function requireBytes(name: string, value: unknown, length?: number): asserts value is Uint8Array {
  if (!(value instanceof Uint8Array)) throw new TypeError(`${name} must be bytes, not ${typeof value}`);
  if (length !== undefined && value.length !== length) {
    throw new TypeError(`${name} must be ${length} bytes, not ${value.length}`);
  }
}

/** All parts in one new array. */
export function concatBytes(...parts: readonly Uint8Array[]): Uint8Array {
  let length = 0;
  for (const part of parts) length += part.length;
  const all = new Uint8Array(length);
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}

/** Equality in time that depends on the lengths alone. */
export function equalBytes(a: Uint8Array, b: Uint8Array): boolean {
  if (a.length !== b.length) return false;
  let difference = 0;
  for (let i = 0; i < a.length; i++) difference |= (a[i] ?? 0) ^ (b[i] ?? 0);
  return difference === 0;
}

/** True when every byte is zero; looks at all of them. */
export function isAllZero(bytes: Uint8Array): boolean {
  let seen = 0;
  for (const byte of bytes) seen |= byte;
  return seen === 0;
}

/** Overwrites secrets with zeros. It clears this copy only; the engine may have made others. */
export function wipe(...secrets: readonly Uint8Array[]): void {
  for (const secret of secrets) secret.fill(0);
}

/** One byte. */
export function u8(value: number): Uint8Array {
  requireInteger(value, 0xff);
  return Uint8Array.of(value);
}

/** Two bytes, big-endian. */
export function u16(value: number): Uint8Array {
  requireInteger(value, 0xffff);
  return Uint8Array.of(value >>> 8, value & 0xff);
}

/** Four bytes, big-endian. */
export function u32(value: number): Uint8Array {
  requireInteger(value, 0xffff_ffff);
  return Uint8Array.of(value >>> 24, (value >>> 16) & 0xff, (value >>> 8) & 0xff, value & 0xff);
}

/** Eight bytes, big-endian, of a non-negative safe integer. */
export function u64(value: number): Uint8Array {
  requireInteger(value, Number.MAX_SAFE_INTEGER);
  return concatBytes(u32(Math.floor(value / 0x1_0000_0000)), u32(value % 0x1_0000_0000));
}

function requireInteger(value: number, max: number): void {
  if (!Number.isSafeInteger(value) || value < 0 || value > max) {
    throw new RangeError(`integer from 0 to ${max} expected`);
  }
}

/** Reads fixed-size fields one after the other; `done()` says whether all bytes were used.
 *  Throws RangeError when the bytes end too early. Returned arrays are views, not copies. */
export class ByteReader {
  private at = 0;

  constructor(private readonly bytes: Uint8Array) {}

  take(length: number): Uint8Array {
    const end = this.at + length;
    if (end > this.bytes.length) throw new RangeError('bytes end too early');
    const part = this.bytes.subarray(this.at, end);
    this.at = end;
    return part;
  }

  u8(): number {
    return this.take(1)[0] ?? 0;
  }

  u16(): number {
    return this.u8() * 0x100 + this.u8();
  }

  u32(): number {
    return this.u16() * 0x1_0000 + this.u16();
  }

  /** A u64 as a safe integer, or null when it is larger than 2^53 − 1 (no honest writer makes one). */
  u64(): number | null {
    const high = this.u32();
    const low = this.u32();
    return high > 0x1f_ffff ? null : high * 0x1_0000_0000 + low;
  }

  done(): boolean {
    return this.at === this.bytes.length;
  }
}

/** Lower-case hexadecimal. */
export function toHex(bytes: Uint8Array): string {
  let text = '';
  for (const byte of bytes) text += byte.toString(16).padStart(2, '0');
  return text;
}

/** Bytes of lower-case hexadecimal; null when it is anything else, or not of `length` bytes. */
export function fromHex(text: string, length?: number): Uint8Array | null {
  if (!/^(?:[0-9a-f]{2})*$/.test(text)) return null;
  const bytes = new Uint8Array(text.length / 2);
  if (length !== undefined && bytes.length !== length) return null;
  for (let i = 0; i < bytes.length; i++) bytes[i] = Number.parseInt(text.slice(2 * i, 2 * i + 2), 16);
  return bytes;
}

const base64urlAlphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';

/** base64url without padding (RFC 4648 section 5). */
export function toBase64url(bytes: Uint8Array): string {
  let text = '';
  for (let i = 0; i < bytes.length; i += 3) {
    const left = bytes.length - i;
    const group = ((bytes[i] ?? 0) << 16) | ((bytes[i + 1] ?? 0) << 8) | (bytes[i + 2] ?? 0);
    text += base64urlAlphabet.charAt(group >>> 18) + base64urlAlphabet.charAt((group >>> 12) & 63);
    if (left > 1) text += base64urlAlphabet.charAt((group >>> 6) & 63);
    if (left > 2) text += base64urlAlphabet.charAt(group & 63);
  }
  return text;
}

/** Bytes of unpadded base64url; null when it is anything else, or not of `length` bytes.
 *  Left-over bits must be zero: two spellings of one value would give two hashes of one thing. */
export function fromBase64url(text: string, length?: number): Uint8Array | null {
  if (typeof text !== 'string' || text.length % 4 === 1 || !/^[A-Za-z0-9_-]*$/.test(text)) return null;
  const bytes = new Uint8Array(Math.floor((text.length * 3) / 4));
  if (length !== undefined && bytes.length !== length) return null;
  let bits = 0;
  let bitCount = 0;
  let at = 0;
  for (const character of text) {
    bits = ((bits << 6) | base64urlAlphabet.indexOf(character)) & 0xffff;
    bitCount += 6;
    if (bitCount >= 8) {
      bitCount -= 8;
      bytes[at++] = (bits >>> bitCount) & 0xff;
    }
  }
  return (bits & ((1 << bitCount) - 1)) === 0 ? bytes : null;
}
