// A small coalition for specs: custodians, two responders, and a way to sign the next version of its roster.
import {
  deriveResponder,
  drawResponderId,
  encodeRoster,
  instanceIdOf,
  packRoster,
  rosterHash,
  signRoster,
  toBase64url,
  toHex,
  type Primitives,
  type ResponderKeys,
  type RosterBody,
  type RosterResponder,
  type SignedRoster,
} from '../src/index.js';
import { filled } from './fixtures.js';

export const issuedAt = Date.parse('2026-03-01T00:00:00Z');
export const dayMs = 24 * 3_600_000;
const iso = (time: number): string => new Date(time).toISOString();

const named = (name: string): RosterBody['organisations'][number]['name'] => ({ en: name, ru: name, ky: name, uz: name, tg: name });

export interface Person {
  readonly rid: Uint8Array;
  readonly keys: ResponderKeys;
  readonly entry: RosterResponder;
}

export function person(p: Primitives, changes: Partial<RosterResponder> = {}): Person {
  const rid = drawResponderId(p);
  const keys = deriveResponder(p, p.randomBytes(32));
  const entry: RosterResponder = {
    rid: toHex(rid),
    org: 'partner-osh',
    role: 'duty-officer',
    tiers: [1],
    sig_pk: toBase64url(keys.signPk),
    kem_pk: toBase64url(keys.kem.publicKey),
    status: 'active',
    not_before: iso(issuedAt),
    not_after: iso(issuedAt + 300 * dayMs),
    ...changes,
  };
  return { rid, keys, entry };
}

export class Coalition {
  readonly officer: Person;
  readonly coordinator: Person;
  readonly rootSeeds: readonly Uint8Array[];
  readonly chain: { body: RosterBody; bytes: Uint8Array; signed: SignedRoster }[] = [];

  constructor(
    readonly p: Primitives,
    rootCount = 3,
    threshold = 2,
  ) {
    this.rootSeeds = Array.from({ length: rootCount }, (_, i) => filled(100 + i));
    this.officer = person(p);
    this.coordinator = person(p, { role: 'coordinator', tiers: [2] });
    this.add({
      v: 1,
      version: 1,
      prev_hash: null,
      issued: iso(issuedAt),
      not_after: iso(issuedAt + 90 * dayMs),
      threshold,
      roots: this.rootSeeds.map((seed) => toBase64url(p.ed25519.keypair(seed).publicKey)),
      log_key: null,
      organisations: [{ id: 'partner-osh', name: named('Partner in Osh') }],
      responders: [this.officer.entry, this.coordinator.entry],
      policies: [{ id: 'kg-default', sha256: toHex(filled(1)) }],
      emergency: [{ label: named('Coalition'), phone: '+996 000 000000' }],
    });
  }

  get instanceId(): Uint8Array {
    const first = this.chain[0];
    if (first === undefined) throw new Error('the first version is made in the constructor');
    return instanceIdOf(this.p, first.bytes);
  }

  get signed(): SignedRoster[] {
    return this.chain.map(({ signed }) => signed);
  }

  get latest(): { body: RosterBody; bytes: Uint8Array; signed: SignedRoster } {
    const latest = this.chain.at(-1);
    if (latest === undefined) throw new Error('the first version is made in the constructor');
    return latest;
  }

  /** The body of the next version: linked, and issued a day later. */
  next(changes: Partial<RosterBody> = {}): RosterBody {
    const { body, bytes } = this.latest;
    const issued = Date.parse(body.issued) + dayMs;
    return {
      ...body,
      version: body.version + 1,
      prev_hash: toBase64url(rosterHash(this.p, bytes)),
      issued: iso(issued),
      not_after: iso(issued + 80 * dayMs),
      ...changes,
    };
  }

  /** Signs a body with the given custodians and puts it at the end of the chain. */
  add(body: RosterBody, seeds: readonly Uint8Array[] = this.rootSeeds.slice(0, 2)): this {
    const bytes = encodeRoster(body);
    this.chain.push({ body, bytes, signed: packRoster(bytes, seeds.map((seed) => signRoster(this.p, bytes, seed))) });
    return this;
  }
}
