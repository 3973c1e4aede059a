import { toBase64url, type RosterBody, type RosterResponder } from '@jardam/protocol';
import type { Coalition } from './coalition-file.js';

const dayMs = 86_400_000;

/** How long a responder's keys are valid from the roster that names them last. */
export const responderLifeMs = 365 * dayMs;

/** Somebody who has made keys on their first day and waits to be named. */
export interface PendingEnrolment {
  /** 32 hexadecimal characters. */
  readonly rid: string;
  readonly org: string;
  readonly role: string;
  readonly tiers: readonly number[];
  readonly sigPk: Uint8Array;
  readonly kemPk: Uint8Array;
}

export interface PreviousRoster {
  readonly body: RosterBody;
  readonly hash: Uint8Array;
}

export interface DraftInput {
  readonly coalition: Coalition;
  /** null for version 1. */
  readonly previous: PreviousRoster | null;
  readonly enrolments: readonly PendingEnrolment[];
  readonly policies: RosterBody['policies'];
  /** Tiers that somebody serves from now on, by rid. */
  readonly tiers?: ReadonlyMap<string, readonly number[]>;
  /** Named, but without the right to read until a later roster makes them active. */
  readonly probation?: ReadonlySet<string>;
  /** Off probation from now on. Never by itself: somebody has to have decided it. */
  readonly activate?: ReadonlySet<string>;
  readonly now: Date;
}

/**
 * The next roster: the coalition's file as it is now, everybody who was in the last one, and everybody who waits.
 *
 * Revoked people stay in the list, so that clients see that they are revoked and not merely missing.
 *
 * @returns the body, or which person belongs to an organisation that the coalition's file does not have, or is named
 *   in `tiers`, `probation` or `activate` and nowhere else
 */
export function draftRoster(
  input: DraftInput,
): { body: RosterBody } | { refused: 'unknown-organisation'; rid: string; org: string } | { refused: 'unknown-person'; rid: string } {
  const { coalition, previous, now } = input;
  const notAfter = new Date(now.getTime() + responderLifeMs).toISOString();
  const known = new Set(previous?.body.responders.map(({ rid }) => rid));
  const kept = (previous?.body.responders ?? []).map((each): RosterResponder => {
    if (each.status === 'revoked') return each;
    const status = input.probation?.has(each.rid) ? 'probation' : input.activate?.has(each.rid) ? 'active' : each.status;
    return { ...each, status, tiers: input.tiers?.get(each.rid) ?? each.tiers, not_after: notAfter };
  });
  const added = input.enrolments
    .filter(({ rid }) => !known.has(rid))
    .map(
      (each): RosterResponder => ({
        rid: each.rid,
        org: each.org,
        role: each.role,
        tiers: [...(input.tiers?.get(each.rid) ?? each.tiers)],
        sig_pk: toBase64url(each.sigPk),
        kem_pk: toBase64url(each.kemPk),
        status: input.probation?.has(each.rid) ? 'probation' : 'active',
        not_before: now.toISOString(),
        not_after: notAfter,
      }),
    );
  const responders = [...kept, ...added];
  const rids = new Set(responders.map(({ rid }) => rid));
  const unknown = [...(input.tiers?.keys() ?? []), ...(input.probation ?? []), ...(input.activate ?? [])].find((rid) => !rids.has(rid));
  if (unknown !== undefined) return { refused: 'unknown-person', rid: unknown };
  const organisations = new Set(coalition.organisations.map(({ id }) => id));
  const stray = responders.find(({ org, status }) => status !== 'revoked' && !organisations.has(org));
  if (stray) return { refused: 'unknown-organisation', rid: stray.rid, org: stray.org };
  return {
    body: {
      v: 1,
      version: (previous?.body.version ?? 0) + 1,
      prev_hash: previous ? toBase64url(previous.hash) : null,
      issued: now.toISOString(),
      not_after: new Date(now.getTime() + coalition.validDays * dayMs).toISOString(),
      threshold: coalition.threshold,
      roots: coalition.roots,
      log_key: previous?.body.log_key ?? null,
      organisations: coalition.organisations,
      responders,
      policies: input.policies,
      emergency: coalition.emergency,
    },
  };
}

/**
 * A roster that takes people out and changes nothing else: clients accept that with the signature of one custodian,
 * because a seized key must not stay valid until a quorum has met.
 *
 * @param rids people to revoke
 * @param orgs organisations that are frozen: all their people are revoked
 */
export function draftRevocation(
  previous: PreviousRoster,
  { rids, orgs }: { rids: ReadonlySet<string>; orgs: ReadonlySet<string> },
  now: Date,
): { body: RosterBody } | { refused: 'unknown-rid'; rid: string } | { refused: 'unknown-organisation'; org: string } | { refused: 'nothing-to-revoke' } {
  const { body, hash } = previous;
  for (const rid of rids) {
    if (!body.responders.some((each) => each.rid === rid)) return { refused: 'unknown-rid', rid };
  }
  for (const org of orgs) {
    if (!body.organisations.some(({ id }) => id === org)) return { refused: 'unknown-organisation', org };
  }
  const isMeant = ({ rid, org, status }: RosterResponder): boolean => status !== 'revoked' && (rids.has(rid) || orgs.has(org));
  if (!body.responders.some(isMeant)) return { refused: 'nothing-to-revoke' };
  return {
    body: {
      ...body,
      version: body.version + 1,
      prev_hash: toBase64url(hash),
      issued: now.toISOString(),
      responders: body.responders.map((each) => (isMeant(each) ? { ...each, status: 'revoked' } : each)),
    },
  };
}
