import { fromBase64url, fromHex, type RosterBody, type RosterResponder } from '@jardam/protocol';
import type { Tx } from '../platform/database/database.js';

/**
 * Rewrites `responder` and `tier_member` from a verified roster, so that hot statements can join instead of parsing
 * JSON. Only active people are members of a tier: a revoked key is gone from every ladder in the same transaction,
 * and people on probation see nothing.
 *
 * Enrolments that the roster now contains have done their work and are removed.
 */
export async function materialiseRoster(tx: Tx, coalitionId: number, body: RosterBody): Promise<void> {
  const people = body.responders;
  await tx.query('DELETE FROM responder WHERE coalition_id = $1', [coalitionId]); // tier_member goes along
  await tx.query(
    `INSERT INTO responder (coalition_id, rid, org, role, sig_pk, kem_pk, status, not_before, not_after)
     SELECT $1, * FROM unnest($2::bytea[], $3::text[], $4::text[], $5::bytea[], $6::bytea[], $7::text[],
                              $8::timestamptz[], $9::timestamptz[])`,
    [
      coalitionId,
      people.map(ridOf),
      people.map((person) => person.org),
      people.map((person) => person.role),
      people.map((person) => bytesOf(person.sig_pk)),
      people.map((person) => bytesOf(person.kem_pk)),
      people.map((person) => person.status),
      people.map((person) => person.not_before),
      people.map((person) => person.not_after),
    ],
  );
  const members = people
    .filter((person) => person.status === 'active')
    .flatMap((person) => [...new Set(person.tiers)].map((tier) => ({ tier, person })));
  await tx.query(
    `INSERT INTO tier_member (coalition_id, tier, rid, org)
     SELECT $1, * FROM unnest($2::smallint[], $3::bytea[], $4::text[])`,
    [
      coalitionId,
      members.map(({ tier }) => tier),
      members.map(({ person }) => ridOf(person)),
      members.map(({ person }) => person.org),
    ],
  );
  await tx.query('DELETE FROM enrolment WHERE coalition_id = $1 AND rid = ANY ($2::bytea[])', [coalitionId, people.map(ridOf)]);
}

function ridOf(person: RosterResponder): Buffer {
  return Buffer.from(fromHex(person.rid, 16) ?? []);
}

function bytesOf(base64url: string): Buffer {
  return Buffer.from(fromBase64url(base64url) ?? []);
}
