import type { Contact, Duty, TierDuty } from '../domain/alert.js';
import { gapsIn } from '../domain/coverage.js';
import { dutyAt, dutyThrough, type DutySegment } from '../domain/on-duty.js';
import type { Span, TierMember } from '../domain/rota.js';
import type { Database, Tx } from '../platform/database/database.js';
import { readRota, type StoredRota } from '../roster/rota-store.js';

type Reader = Pick<Tx, 'query'> | Pick<Database, 'query'>;

/** A tier's duty is worked out this far ahead at once; within it a tick only looks up. */
const aheadMs = 900_000;
/** How far ahead a shift is looked for that is not closed; the longest days off are nine. */
const closedAheadMs = 28 * 86_400_000;
/** Revisions that are kept: that of the present, and one that another instance is just replacing. */
const keptMost = 4;

interface KnownRota {
  readonly rota: StoredRota;
  readonly segments: Map<string, readonly DutySegment[]>;
}

/**
 * By revision, which is drawn at random with every change: what is known under one never becomes wrong, whatever
 * database it came from.
 */
const known = new Map<string, KnownRota>();

/**
 * Who has duty now, for every tier that has people; undefined while nothing was ever set. Worked out once for a tier
 * and a quarter of an hour, not for every alert and not for every tick.
 *
 * @param revision of the rota, from the statement that read the people
 * @param now the database's time in milliseconds
 */
export async function dutiesOf(
  reader: Reader,
  coalitionId: number,
  revision: string | null,
  byTier: ReadonlyMap<number, readonly Contact[]>,
  now: number,
): Promise<ReadonlyMap<number, TierDuty> | undefined> {
  if (revision === null) return undefined;
  const { rota, segments } = known.get(revision) ?? (await learn(reader, coalitionId, revision));
  return new Map([...byTier].map(([tier, contacts]) => [tier, dutyOf(rota, segments, tier, membersOf(contacts), now)]));
}

async function learn(reader: Reader, coalitionId: number, revision: string): Promise<KnownRota> {
  const rota = await readRota(reader, coalitionId);
  const learnt: KnownRota = { rota, segments: new Map() };
  // Changed between the two statements: true for now, but not to be kept under a revision that it is not.
  if (rota.revision !== revision) return learnt;
  known.set(revision, learnt);
  for (const oldest of known.keys()) if (known.size > keptMost) known.delete(oldest);
  return learnt;
}

function dutyOf(rota: StoredRota, segments: KnownRota['segments'], tier: number, members: readonly TierMember[], now: number): TierDuty {
  const key = `${tier} ${members.map(({ rid, org }) => `${rid}@${org}`).join(' ')}`;
  const duty = segmentAt(segments.get(key), now) ?? workOut(rota, segments, key, tier, members, now);
  return { critical: duty.critical, other: duty.other, closed: () => closedSpans(rota, tier, members, now) };
}

function workOut(rota: StoredRota, segments: KnownRota['segments'], key: string, tier: number, members: readonly TierMember[], now: number): Duty {
  const ahead = dutyThrough(rota, tier, members, { start: now, end: now + aheadMs });
  segments.set(key, ahead);
  return segmentAt(ahead, now) ?? dutyAt(rota, tier, members, now);
}

function segmentAt(segments: readonly DutySegment[] | undefined, now: number): DutySegment | undefined {
  return segments?.find(({ span }) => now >= span.start && now < span.end);
}

function closedSpans(rota: StoredRota, tier: number, members: readonly TierMember[], now: number): readonly Span[] {
  return gapsIn(rota, tier, members, { start: now, end: now + closedAheadMs })
    .filter(({ kind }) => kind !== 'thin')
    .map(({ span }) => span);
}

function membersOf(contacts: readonly Contact[]): TierMember[] {
  const members = new Map<string, TierMember>();
  for (const { rid, org } of contacts) if (rid !== null) members.set(rid, { rid, org: org ?? '' });
  return [...members.values()].sort((a, b) => (a.rid < b.rid ? -1 : 1));
}
