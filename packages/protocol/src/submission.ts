// What the client posts: a small clear header for the server beside the sealed envelope.
// u32 header length ‖ header JSON ‖ envelope.
import { ByteReader, concatBytes, u32, utf8 } from './bytes.js';
import { parseJsonObject, ShapeError, type JsonObject } from './json-shape.js';
import { SEVERITIES, type Severity } from './payloads.js';

/** Longest header in bytes; 16 release keys and 64 excluded organisations fit. */
export const maxSubmissionHeaderBytes = 8192;

/** What the server must know to escalate, and nothing more. */
export interface SubmissionHeader {
  readonly v: 1;
  readonly severity: Severity;
  /** The policy the sender saw; sha256 in hexadecimal. */
  readonly policy: { readonly id: string; readonly sha256: string };
  /** Tiers the sender allows. */
  readonly tiers: readonly number[];
  /** Organisations without a stanza. */
  readonly exclude: readonly string[];
  /** H("JDM1/mailbox-hash", token), base64url. */
  readonly mailbox: string;
  /** Release keys by tier, base64url: for the gatekeeper, never inside the envelope. */
  readonly release: Readonly<Record<string, string>>;
  readonly drill: boolean;
  readonly admission?: { readonly challenge: string; readonly nonce: string };
}

export type SplitSubmission =
  | { readonly headerJson: Uint8Array; readonly envelope: Uint8Array }
  | { readonly refused: 'truncated' | 'header-too-long' };

/** The bytes to post. */
export function encodeSubmission(header: SubmissionHeader, envelope: Uint8Array): Uint8Array {
  const json = utf8(JSON.stringify(header));
  if (json.length > maxSubmissionHeaderBytes) throw new RangeError('submission header too long');
  return concatBytes(u32(json.length), json, envelope);
}

/** Splits posted bytes by shape alone; the arrays are views. */
export function splitSubmission(bytes: Uint8Array): SplitSubmission {
  if (bytes.length < 4) return { refused: 'truncated' };
  const reader = new ByteReader(bytes);
  const headerLength = reader.u32();
  if (headerLength > maxSubmissionHeaderBytes) return { refused: 'header-too-long' };
  if (bytes.length < 4 + headerLength) return { refused: 'truncated' };
  return { headerJson: reader.take(headerLength), envelope: bytes.subarray(4 + headerLength) };
}

/** Reads the header. Throws ShapeError that names the first wrong field. */
export function parseSubmissionHeader(headerJson: Uint8Array): SubmissionHeader {
  const json = parseJsonObject(headerJson);
  json.integer('v', 1, 1);
  const policy = json.object('policy');
  return {
    v: 1,
    severity: json.oneOf('severity', SEVERITIES),
    policy: { id: policy.text('id', 64), sha256: policy.hex('sha256', 32) },
    tiers: json.values('tiers', 32, (items, key) => items.integer(key, 1, 255)),
    exclude: json.values('exclude', 64, (items, key) => items.text(key, 64)),
    mailbox: json.base64url('mailbox', 32),
    release: readRelease(json.object('release')),
    drill: json.boolean('drill'),
    ...(json.has('admission') ? { admission: readAdmission(json.object('admission')) } : {}),
  };
}

function readRelease(json: JsonObject): Record<string, string> {
  const release: Record<string, string> = {};
  for (const tier of json.keys()) {
    if (!/^[1-9]\d{0,2}$/.test(tier) || Number(tier) > 255) throw new ShapeError('$.release', 'tiers from 1 to 255');
    release[tier] = json.base64url(tier, 32);
  }
  return release;
}

function readAdmission(json: JsonObject): { challenge: string; nonce: string } {
  const nonce = json.text('nonce', 16);
  if (!/^\d{1,16}$/.test(nonce)) throw new ShapeError('$.admission.nonce', 'decimal digits');
  return { challenge: json.text('challenge', 512), nonce };
}
