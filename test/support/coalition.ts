import {
  deriveResponder,
  drawMasterSecret,
  drawResponderId,
  encodeRoster,
  instanceIdOf,
  packRoster,
  rosterHash,
  signInMessage,
  signRoster,
  toBase64url,
  toHex,
  type Language,
  type Localised,
  type Primitives,
  type ResponderKeys,
  type ResponderStatus,
  type RosterBody,
  type RosterResponder,
  type SignedRoster,
} from '@jardam/protocol';
import { loadSodium } from '@jardam/protocol/sodium';
import type { Policy } from '../../src/domain/policy.js';
import { shippedFile } from '../../src/cli/shipped-file.js';
import { loadPolicy, policySha256 } from '../../src/escalation/policy-schema.js';

/** A made-up coalition with real keys: people, a signed roster, a policy. Tests may seal to it, open and sign as it. */
export interface Coalition {
  readonly p: Primitives;
  readonly instanceId: Uint8Array;
  readonly rootSeed: Uint8Array;
  readonly roster: { readonly body: RosterBody; readonly bytes: Uint8Array; readonly hash: Uint8Array; readonly signed: SignedRoster };
  readonly people: People;
  readonly policy: { readonly body: Policy; readonly sha256: Buffer };
}

/** One responder, with everything that only they hold. */
export interface Person {
  readonly name: PersonName;
  readonly rid: Uint8Array;
  /** 32 hexadecimal characters. */
  readonly ridHex: string;
  readonly org: string;
  readonly role: string;
  readonly tiers: readonly number[];
  readonly status: ResponderStatus;
  readonly email: string;
  readonly lang: Language;
  readonly masterSecret: Uint8Array;
  readonly keys: ResponderKeys;
}

export type PersonName = 'osh' | 'oshReserve' | 'lawyer' | 'coordinator' | 'abroad' | 'euFocal' | 'euDeputy' | 'newcomer';
export type People = Readonly<Record<PersonName, Person>>;

/** Tier numbers of the ladder: 1 T1, 2 T1b, 3 T2, 4 T3, 5 T4 (EU), 6 T5 (a task for people, no keys of its own). */
export const TIER = { T1: 1, T1b: 2, T2: 3, T3: 4, T4: 5, T5: 6 } as const;

const cast: Readonly<Record<PersonName, Pick<Person, 'org' | 'role' | 'tiers' | 'lang'> & { status?: ResponderStatus }>> = {
  osh: { org: 'partner-osh', role: 'officer', tiers: [TIER.T1], lang: 'ky' },
  oshReserve: { org: 'partner-osh', role: 'officer', tiers: [TIER.T1b], lang: 'uz' },
  lawyer: { org: 'lawyers', role: 'lawyer', tiers: [TIER.T1b], lang: 'ru' },
  coordinator: { org: 'coordination-bishkek', role: 'coordinator', tiers: [TIER.T2], lang: 'ru' },
  abroad: { org: 'partner-abroad', role: 'officer', tiers: [TIER.T3], lang: 'en' },
  euFocal: { org: 'eu-delegation', role: 'focal-point', tiers: [TIER.T4], lang: 'en' },
  euDeputy: { org: 'eu-delegation', role: 'deputy', tiers: [TIER.T4], lang: 'en' },
  newcomer: { org: 'partner-osh', role: 'officer', tiers: [TIER.T1], lang: 'ky', status: 'probation' },
};

const organisations: Readonly<Record<string, string>> = {
  'partner-osh': 'Partner in Osh',
  lawyers: 'Duty lawyers',
  'coordination-bishkek': 'National coordination',
  'partner-abroad': 'Partner abroad',
  'eu-delegation': 'EU Delegation',
};

export interface CoalitionOptions {
  /** When the roster is issued, milliseconds since 1970; by default one hour ago. */
  readonly issuedAt?: number;
  /** By default the ladder of config/policies/kyrgyzstan.yaml. Tests that need another time move the rows instead. */
  readonly policy?: Policy;
  /** Last word on the roster before it is signed: swap a key, revoke somebody. */
  readonly amend?: (body: RosterBody) => RosterBody;
}

/** Makes the people, their keys, the root key, the policy and roster version 1. Nothing is stored. */
export async function makeCoalition(options: CoalitionOptions = {}): Promise<Coalition> {
  const p = await loadSodium();
  const people = Object.fromEntries(
    (Object.keys(cast) as PersonName[]).map((name) => [name, makePerson(p, name)]),
  ) as Record<PersonName, Person>;
  const policy = options.policy ?? kyrgyzstan();
  const rootSeed = p.randomBytes(32);
  const issuedAt = options.issuedAt ?? Date.now() - 3_600_000;
  const drafted: RosterBody = {
    v: 1,
    version: 1,
    prev_hash: null,
    issued: isoSeconds(issuedAt),
    not_after: isoSeconds(issuedAt + rosterLifeMs),
    threshold: 1,
    roots: [toBase64url(p.ed25519.keypair(rootSeed).publicKey)],
    log_key: null,
    organisations: Object.entries(organisations).map(([id, name]) => ({ id, name: inEveryLanguage(name) })),
    responders: Object.values(people).map((person) => rosterEntry(person, issuedAt)),
    policies: [{ id: policy.id, sha256: policySha256(policy).toString('hex') }],
    emergency: [{ label: inEveryLanguage('Duty phone'), phone: '+996 000 000 001' }],
  };
  const roster = signedRoster(p, options.amend?.(drafted) ?? drafted, rootSeed);
  return { p, instanceId: instanceIdOf(p, roster.bytes), rootSeed, roster, people, policy: { body: policy, sha256: policySha256(policy) } };
}

/** The next roster version, signed by the same root: change what `change` says. */
export function nextRoster(coalition: Coalition, change: (body: RosterBody) => Partial<RosterBody>): Coalition['roster'] {
  const { body, hash } = coalition.roster;
  const next = { ...body, version: body.version + 1, prev_hash: toBase64url(hash), ...change(body) };
  return signedRoster(coalition.p, next, coalition.rootSeed);
}

/** The signature with which a person signs in over the server's challenge. */
export function answerChallenge(coalition: Coalition, person: Person, challenge: Uint8Array): Uint8Array {
  const message = signInMessage(coalition.p, coalition.instanceId, challenge, person.rid);
  return coalition.p.ed25519.sign(message, person.keys.signSeed);
}

const rosterLifeMs = 60 * 24 * 3_600_000;

function makePerson(p: Primitives, name: PersonName): Person {
  const rid = drawResponderId(p);
  const masterSecret = drawMasterSecret(p);
  return {
    status: 'active',
    ...cast[name],
    name,
    rid,
    ridHex: toHex(rid),
    email: `${name.toLowerCase()}@example.org`,
    masterSecret,
    keys: deriveResponder(p, masterSecret),
  };
}

function rosterEntry(person: Person, issuedAt: number): RosterResponder {
  return {
    rid: person.ridHex,
    org: person.org,
    role: person.role,
    tiers: person.tiers,
    sig_pk: toBase64url(person.keys.signPk),
    kem_pk: toBase64url(person.keys.kem.publicKey),
    status: person.status,
    not_before: isoSeconds(issuedAt),
    not_after: isoSeconds(issuedAt + rosterLifeMs),
  };
}

function signedRoster(p: Primitives, body: RosterBody, rootSeed: Uint8Array): Coalition['roster'] {
  const bytes = encodeRoster(body);
  return { body, bytes, hash: rosterHash(p, bytes), signed: packRoster(bytes, [signRoster(p, bytes, rootSeed)]) };
}

function isoSeconds(ms: number): string {
  return `${new Date(ms).toISOString().slice(0, 19)}Z`;
}

function inEveryLanguage(text: string): Localised {
  return { en: text, ru: text, ky: text, uz: text, tg: text };
}

/** The policy that ships, so that the tests climb the ladder that people get. */
export function kyrgyzstan(): Policy {
  return loadPolicy(shippedFile('config', 'policies', 'kyrgyzstan.yaml'));
}
