import { encodeRoster, fromHex, packRoster, signRoster, type RosterBody } from '@jardam/protocol';
import type { Coalition } from '../cli/coalition-file.js';
import type { Cryptography } from '../cli/cryptography.js';
import { openCustodianKey } from '../cli/custodian-key.js';
import { publishedPolicies } from '../cli/draft-sources.js';
import { readFileOf } from '../cli/private-file.js';
import { draftRoster, type PendingEnrolment, type PreviousRoster } from '../cli/roster-draft.js';
import { shippedFile } from '../cli/shipped-file.js';
import type { Vaults } from '../desk/vaults.js';
import type { Policies } from '../escalation/policies.js';
import { loadPolicy } from '../escalation/policy-schema.js';
import { databaseNow } from '../platform/clock/clock.js';
import { DEFAULT_COALITION } from '../platform/coalition.js';
import type { Database, Tx } from '../platform/database/database.js';
import type { ContactBook } from '../roster/contact-book.js';
import type { RosterStore } from '../roster/roster-store.js';
import { CAST, EMERGENCY, LAST_RESORT, ORGANISATIONS } from './cast.js';
import { bytesOf, custodianFile, type DemoKeys } from './keys.js';

/** A demo that was left alone for weeks signs its roster anew when less than this is left. */
const renewalMs = 30 * 86_400_000;
const validDays = 90;

/** The parts of the service that an operator's commands would use. */
export interface Registry {
  readonly database: Database;
  readonly policies: Policies;
  readonly rosters: RosterStore;
  readonly contacts: ContactBook;
  readonly vaults: Vaults;
}

/** The demo coalition as a custodian's file would describe it. */
export function demoCoalition(keys: DemoKeys): Coalition {
  return { threshold: 1, roots: [keys.custodian.publicKey], organisations: [...ORGANISATIONS], emergency: [...EMERGENCY], validDays };
}

/**
 * Makes sure that the demo coalition is published: policy, roster, people's vaults and addresses.
 *
 * All in one transaction, so that a kill leaves all or nothing; a second start finds it there and changes nothing,
 * except that a roster close to its end is renewed.
 *
 * @param folder of the demo, with the custodian's key file
 * @throws Error when the database holds a coalition that is not the demo
 */
export async function publishDemo(crypto: Cryptography, registry: Registry, keys: DemoKeys, folder: string): Promise<void> {
  const { database, rosters, policies } = registry;
  const published = await rosters.current(DEFAULT_COALITION);
  if (published && published.body.roots.join() !== keys.custodian.publicKey) {
    throw new Error('this database holds a coalition that is not the demo, and is left alone: set JARDAM_DATA_DIR to another folder');
  }
  await database.transaction(async (tx) => {
    const policy = await policies.publish(tx, DEFAULT_COALITION, loadPolicy(shippedFile('config', 'policies', 'demo.yaml')));
    // A demo of an older program may hold another ladder under the same number; it goes on with what it has.
    const now = await databaseNow(tx);
    const leftMs = published ? Date.parse(published.body.not_after) - now.getTime() : 0;
    const current = published && !('refused' in policy) && namesPolicy(published.body, policy.sha256.toString('hex'));
    if (current && leftMs > renewalMs) return;
    await publishRoster(tx, crypto, registry, keys, folder, { previous: published, now });
    if (!published) await storePeople(tx, registry, keys);
  });
}

function namesPolicy(body: RosterBody, sha256: string): boolean {
  return body.policies.some((each) => each.sha256 === sha256);
}

async function publishRoster(
  tx: Tx,
  { p, passwordHash }: Cryptography,
  { rosters }: Registry,
  keys: DemoKeys,
  folder: string,
  { previous, now }: { previous: PreviousRoster | null; now: Date },
): Promise<void> {
  const drafted = draftRoster({
    coalition: demoCoalition(keys),
    previous,
    enrolments: keys.people.map(enrolmentOf),
    policies: await publishedPolicies(tx),
    now,
  });
  if ('refused' in drafted) throw new Error(`the demo's roster cannot be drafted: ${drafted.refused}`);
  const opened = await openCustodianKey(p, passwordHash, readFileOf(custodianFile(folder)), keys.custodian);
  if ('refused' in opened) throw new Error(`the demo's custodian key cannot be used: ${opened.refused}`);
  const bytes = encodeRoster(drafted.body);
  const outcome = await rosters.publish(tx, DEFAULT_COALITION, packRoster(bytes, [signRoster(p, bytes, opened.seed)]));
  opened.seed.fill(0);
  if ('refused' in outcome) throw new Error(`the demo's roster was refused: ${outcome.refused}`);
}

async function storePeople(tx: Tx, { contacts, vaults }: Registry, keys: DemoKeys): Promise<void> {
  for (const person of keys.people) {
    const { address, lang } = castMember(person.key);
    const rid = ridOf(person.rid);
    await vaults.store(tx, { rid, locator: bytesOf(person.locator), sealed: bytesOf(person.vault) });
    await contacts.add(tx, { purpose: 'responder', rid, channel: 'email', address, lang, verified: true });
  }
  for (const { purpose, address } of LAST_RESORT) {
    await contacts.add(tx, { purpose, channel: 'email', address, lang: 'en', verified: true });
  }
}

function enrolmentOf(person: DemoKeys['people'][number]): PendingEnrolment {
  const { org, role, tiers } = castMember(person.key);
  return { rid: person.rid, org, role, tiers, sigPk: bytesOf(person.sigPk), kemPk: bytesOf(person.kemPk) };
}

/** The invented person behind a key. */
export function castMember(key: string): (typeof CAST)[number] {
  const member = CAST.find((each) => each.key === key);
  if (!member) throw new Error('the keys of the demo belong to another version of it: remove its folder and start again');
  return member;
}

function ridOf(hex: string): Uint8Array {
  const rid = fromHex(hex, 16);
  if (rid === null) throw new Error('the keys of the demo are damaged: remove its folder and start again');
  return rid;
}
