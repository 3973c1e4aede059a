import { randomBytes } from 'node:crypto';
import { fromBase64url, fromHex } from '@jardam/protocol';
import type { Database, Tx } from '../../src/platform/database/database.js';
import { makeCoalition, type Coalition, type CoalitionOptions, type Person } from './coalition.js';

export interface StoreOptions {
  /** Seals a contact's address; without it the contacts exist, but no key opens their addresses. */
  readonly sealAddress?: (address: string) => Uint8Array;
  /** People who get no contact at all. */
  readonly unreachable?: readonly Person['name'][];
}

export interface StoredCoalition extends Coalition {
  /** contact_id of each person's mail address. */
  readonly contactIds: ReadonlyMap<Person['name'], string>;
}

/** A new coalition in an empty, migrated database: instance, roster 1, responders, verified contacts, policy, and
 *  contacts of the duty desk and the operator. */
export async function demoCoalition(database: Database, options: CoalitionOptions & StoreOptions = {}): Promise<StoredCoalition> {
  const coalition = await makeCoalition(options);
  return database.transaction(async (tx) => {
    await storeRoster(tx, coalition.roster);
    await tx.query(`UPDATE coalition SET instance_id = $1 WHERE coalition_id = 1`, [Buffer.from(coalition.instanceId)]);
    const { body, json, sha256 } = coalition.policy;
    await tx.query(`INSERT INTO policy_version (coalition_id, policy_id, version, body, sha256) VALUES (1, $1, $2, $3, $4)`, [
      body.id,
      body.version,
      json,
      sha256,
    ]);
    const contactIds = await storeContacts(tx, coalition, options);
    return { ...coalition, contactIds };
  });
}

/** Writes a signed roster and its responders, in place of those of the version before. */
export async function storeRoster(tx: Tx, roster: Coalition['roster']): Promise<void> {
  const { body, bytes, hash, signed } = roster;
  await tx.query(`INSERT INTO roster_version (coalition_id, version, hash, body, signatures) VALUES (1, $1, $2, $3, $4)`, [
    body.version,
    Buffer.from(hash),
    Buffer.from(bytes),
    JSON.stringify(signed.signatures),
  ]);
  await tx.query(`DELETE FROM responder WHERE coalition_id = 1`);
  for (const each of body.responders) {
    const rid = Buffer.from(fromHex(each.rid, 16) ?? []);
    await tx.query(
      `INSERT INTO responder (coalition_id, rid, org, role, sig_pk, kem_pk, status, not_before, not_after)
       VALUES (1, $1, $2, $3, $4, $5, $6, $7, $8)`,
      [
        rid,
        each.org,
        each.role,
        Buffer.from(fromBase64url(each.sig_pk) ?? []),
        Buffer.from(fromBase64url(each.kem_pk) ?? []),
        each.status,
        each.not_before,
        each.not_after,
      ],
    );
    if (each.status !== 'active') continue;
    for (const tier of each.tiers) {
      await tx.query(`INSERT INTO tier_member (coalition_id, tier, rid, org) VALUES (1, $1, $2, $3)`, [tier, rid, each.org]);
    }
  }
}

async function storeContacts(tx: Tx, coalition: Coalition, options: StoreOptions): Promise<Map<Person['name'], string>> {
  const seal = options.sealAddress ?? (() => randomBytes(48));
  const contactIds = new Map<Person['name'], string>();
  for (const person of Object.values(coalition.people)) {
    if (options.unreachable?.includes(person.name)) continue;
    const { rows } = await tx.query<{ contact_id: string }>(
      `INSERT INTO contact (coalition_id, rid, purpose, channel, address_sealed, lang, verified_at)
       VALUES (1, $1, 'responder', 'email', $2, $3, now()) RETURNING contact_id`,
      [Buffer.from(person.rid), Buffer.from(seal(person.email)), person.lang],
    );
    if (rows[0]) contactIds.set(person.name, rows[0].contact_id);
  }
  for (const purpose of ['duty_desk', 'operator']) {
    await tx.query(
      `INSERT INTO contact (coalition_id, purpose, channel, address_sealed, lang, verified_at)
       VALUES (1, $1, 'email', $2, 'en', now())`,
      [purpose, Buffer.from(seal(`${purpose.replace('_', '-')}@example.org`))],
    );
  }
  return contactIds;
}
