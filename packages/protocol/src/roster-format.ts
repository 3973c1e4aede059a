// Roster, layer 1: the JSON that the root custodians sign. The bytes are signed as they are and never written again:
// two serialisers never quite agree.
import { fromBase64url, toBase64url, utf8 } from './bytes.js';
import { parseJsonObject, type JsonObject } from './json-shape.js';
import { LANGUAGES, type Language } from './payloads.js';

/** A roster must be renewed within this time, or a stolen root key would work for ever unnoticed. */
export const maxRosterLifeMs = 90 * 24 * 3_600_000;
/** Longest roster body in bytes; a responder takes about 2 kB. */
export const maxRosterBytes = 1_048_576;
export const maxRoots = 16;

export type Localised = Readonly<Record<Language, string>>;
export type ResponderStatus = 'active' | 'revoked' | 'probation';

export interface RosterOrganisation {
  readonly id: string;
  readonly name: Localised;
}

export interface RosterResponder {
  /** 32 hexadecimal characters. */
  readonly rid: string;
  readonly org: string;
  readonly role: string;
  readonly tiers: readonly number[];
  /** Ed25519, base64url of 32 bytes. */
  readonly sig_pk: string;
  /** X-Wing, base64url of 1216 bytes. */
  readonly kem_pk: string;
  readonly status: ResponderStatus;
  readonly not_before: string;
  readonly not_after: string;
}

export interface RosterBody {
  readonly v: 1;
  /** 1, 2, 3 …, without gaps. */
  readonly version: number;
  /** rosterHash of the version before, base64url; null exactly in version 1. */
  readonly prev_hash: string | null;
  readonly issued: string;
  readonly not_after: string;
  /** How many of `roots` must sign the next version. */
  readonly threshold: number;
  /** Ed25519 keys of the root custodians, base64url. */
  readonly roots: readonly string[];
  readonly log_key: string | null;
  readonly organisations: readonly RosterOrganisation[];
  readonly responders: readonly RosterResponder[];
  readonly policies: readonly { readonly id: string; readonly sha256: string }[];
  readonly emergency: readonly { readonly label: Localised; readonly phone: string }[];
}

export interface SignedRoster {
  /** base64url of the exact bytes that are hashed and signed. */
  readonly body: string;
  readonly signatures: readonly { readonly root: string; readonly sig: string }[];
}

/** The body's bytes, made once, when a roster is drafted. */
export function encodeRoster(body: RosterBody): Uint8Array {
  const bytes = utf8(JSON.stringify(body));
  parseRoster(bytes);
  return bytes;
}

/** A signed roster of body bytes and the signatures collected so far. */
export function packRoster(body: Uint8Array, signatures: SignedRoster['signatures']): SignedRoster {
  return { body: toBase64url(body), signatures };
}

/** The exact body bytes of a signed roster; null when they are not base64url or too long. */
export function rosterBodyBytes(signed: SignedRoster): Uint8Array | null {
  return signed.body.length > maxRosterBytes * 2 ? null : fromBase64url(signed.body);
}

/** Reads a roster body. Throws ShapeError that names the first wrong field. */
export function parseRoster(bytes: Uint8Array): RosterBody {
  const json = parseJsonObject(bytes);
  return {
    v: json.integer('v', 1, 1) as 1,
    version: json.integer('version', 1, Number.MAX_SAFE_INTEGER),
    prev_hash: json.isNull('prev_hash') ? null : json.base64url('prev_hash', 32),
    issued: json.instant('issued'),
    not_after: json.instant('not_after'),
    threshold: json.integer('threshold', 1, maxRoots),
    roots: json.values('roots', maxRoots, (items, key) => items.base64url(key, 32)),
    log_key: json.isNull('log_key') ? null : json.base64url('log_key', 32),
    organisations: json.list('organisations', 256, (item) => ({ id: item.text('id', 64), name: readLocalised(item, 'name') })),
    responders: json.list('responders', 512, readResponder),
    policies: json.list('policies', 64, (item) => ({ id: item.text('id', 64), sha256: item.hex('sha256', 32) })),
    emergency: json.list('emergency', 32, (item) => ({ label: readLocalised(item, 'label'), phone: item.text('phone', 32) })),
  };
}

/** Reads a signed roster as it came over the wire. Throws ShapeError. */
export function parseSignedRoster(bytes: Uint8Array): SignedRoster {
  return readSignedRoster(parseJsonObject(bytes));
}

/** Reads {"rosters": [signed, …]}, oldest first. Throws ShapeError. */
export function parseRosterChain(bytes: Uint8Array): SignedRoster[] {
  return parseJsonObject(bytes).list('rosters', 10_000, readSignedRoster);
}

function readSignedRoster(json: JsonObject): SignedRoster {
  return {
    body: json.text('body', maxRosterBytes * 2),
    signatures: json.list('signatures', maxRoots * 2, (item) => ({
      root: item.base64url('root', 32),
      sig: item.base64url('sig', 64),
    })),
  };
}

function readResponder(item: JsonObject): RosterResponder {
  return {
    rid: item.hex('rid', 16),
    org: item.text('org', 64),
    role: item.text('role', 64),
    tiers: item.values('tiers', 32, (tiers, key) => tiers.integer(key, 1, 255)),
    sig_pk: item.base64url('sig_pk', 32),
    kem_pk: item.base64url('kem_pk', 1216),
    status: item.oneOf('status', ['active', 'revoked', 'probation']),
    not_before: item.instant('not_before'),
    not_after: item.instant('not_after'),
  };
}

function readLocalised(item: JsonObject, field: string): Localised {
  const names = item.object(field);
  return Object.fromEntries(LANGUAGES.map((language) => [language, names.text(language, 200)])) as Record<Language, string>;
}
