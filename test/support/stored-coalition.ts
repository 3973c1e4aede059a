import { Policies } from '../../src/escalation/policies.js';
import { EvidenceLog } from '../../src/evidence/evidence-log.js';
import { DEFAULT_COALITION } from '../../src/platform/coalition.js';
import type { Database, Tx } from '../../src/platform/database/database.js';
import { ContactBook } from '../../src/roster/contact-book.js';
import { RosterStore } from '../../src/roster/roster-store.js';
import { makeCoalition, type Coalition, type CoalitionOptions, type Person } from './coalition.js';

export interface StoreOptions {
  /** The contact book of a service that runs on this database (`service.app.get(ContactBook)`): only it can open what
   *  it has sealed. Without it the addresses are sealed under a key that nobody keeps. */
  readonly contacts?: ContactBook;
  /** People who get no contact at all. */
  readonly unreachable?: readonly Person['name'][];
}

export interface StoredCoalition extends Coalition {
  readonly contacts: ContactBook;
  /** contact_id of each person's mail address. */
  readonly contactIds: ReadonlyMap<Person['name'], string>;
}

/** Where the duty desk and the operator of a test coalition get their mail. */
export const DUTY_DESK_ADDRESS = 'duty-desk@example.org';
export const OPERATOR_ADDRESS = 'operator@example.org';

/** A new coalition in an empty, migrated database, published the way an operator does it: policy, signed roster 1, and
 *  verified contacts of all people, the duty desk and the operator. */
export async function demoCoalition(database: Database, options: CoalitionOptions & StoreOptions = {}): Promise<StoredCoalition> {
  const coalition = await makeCoalition(options);
  const contacts = options.contacts ?? new ContactBook(coalition.p, coalition.p.randomBytes(32));
  const contactIds = await database.transaction(async (tx) => {
    const published = await new Policies(new EvidenceLog(coalition.p)).publish(tx, DEFAULT_COALITION, coalition.policy.body);
    if ('refused' in published) throw new Error(`the policy was refused: ${published.refused}`);
    await publishRoster(tx, database, coalition, coalition.roster);
    return addContacts(tx, coalition, contacts, options.unreachable ?? []);
  });
  return { ...coalition, contacts, contactIds };
}

/** Publishes a roster version; throws when it is refused. */
export async function publishRoster(tx: Tx, database: Database, coalition: Coalition, roster: Coalition['roster']): Promise<void> {
  const store = new RosterStore(coalition.p, database, new EvidenceLog(coalition.p));
  const published = await store.publish(tx, DEFAULT_COALITION, roster.signed);
  if ('refused' in published) throw new Error(`the roster was refused: ${published.refused}`);
}

async function addContacts(
  tx: Tx,
  coalition: Coalition,
  contacts: ContactBook,
  unreachable: readonly Person['name'][],
): Promise<Map<Person['name'], string>> {
  const ids = new Map<Person['name'], string>();
  for (const { name, rid, email: address, lang } of Object.values(coalition.people)) {
    if (unreachable.includes(name)) continue;
    ids.set(name, await contacts.add(tx, { purpose: 'responder', rid, channel: 'email', address, lang, verified: true }));
  }
  for (const [purpose, address] of [['duty_desk', DUTY_DESK_ADDRESS], ['operator', OPERATOR_ADDRESS]] as const) {
    await contacts.add(tx, { purpose, channel: 'email', address, lang: 'en', verified: true });
  }
  return ids;
}
