import type { Rid } from '../domain/alert.js';
import type { Holiday, OpeningHours, QuietHours, Rota, Rotation, ShiftOverride, Span } from '../domain/rota.js';
import type { Database, Tx } from '../platform/database/database.js';
import { ROSTER_CHANNEL } from './roster-store.js';

type Reader = Pick<Tx, 'query'> | Pick<Database, 'query'>;

/** A day off as it is stored: what it is called, and from which event of which calendar it came. */
export interface NamedHoliday extends Holiday {
  readonly uid: string;
  readonly title: string;
}

/** The rota, and which state of it this is: the revision changes with everything that is set. */
export interface StoredRota extends Rota {
  /** null: nothing was ever set. */
  readonly revision: string | null;
  readonly holidays: readonly NamedHoliday[];
}

interface RotationRow extends Record<string, unknown> {
  id: string;
  tier: number;
  zone: string;
  first: string;
  count: number;
  unit: Rotation['every']['unit'];
  until: Date | null;
  people: { turn: number; rid: Rid }[];
}

/** Reads everything that says who has duty. Overrides that are over are left out, unless `since` reaches back to them. */
export async function readRota(reader: Reader, coalitionId: number, since: Date | null = null): Promise<StoredRota> {
  const of = [coalitionId];
  // The revision first: what is read after it can only be newer, and a picture that is too new is read once more.
  const revision = await reader.query<{ revision: string }>('SELECT revision FROM rota WHERE coalition_id = $1', of);
  const rotations = await reader.query<RotationRow>(
    `SELECT r.rotation_id AS id, r.tier, r.zone, to_char(r.first_hand_over, 'YYYY-MM-DD"T"HH24:MI') AS first, r.every_count AS count,
            r.every_unit AS unit, r.until,
            (SELECT jsonb_agg(jsonb_build_object('turn', m.turn, 'rid', encode(m.rid, 'hex')) ORDER BY m.turn, m.rid)
             FROM rotation_member m WHERE m.coalition_id = r.coalition_id AND m.rotation_id = r.rotation_id) AS people
     FROM rotation r WHERE r.coalition_id = $1 ORDER BY r.tier, r.created_at, r.rotation_id`,
    of,
  );
  const overrides = await reader.query<{ id: string; tier: number; start: Date; end: Date; instead_of: Rid | null; people: Rid[] }>(
    `SELECT override_id AS id, tier, lower(span) AS start, upper(span) AS end, encode(instead_of, 'hex') AS instead_of,
            ARRAY(SELECT encode(rid, 'hex') FROM unnest(people) rid) AS people
     FROM shift_override WHERE coalition_id = $1 AND upper(span) > coalesce($2, now()) ORDER BY tier, lower(span), override_id`,
    [coalitionId, since],
  );
  const hours = await reader.query<OpeningHours & Record<string, unknown>>('SELECT org, zone, weekly FROM business_hours WHERE coalition_id = $1 ORDER BY org', of);
  const quiet = await reader.query<QuietHours & Record<string, unknown>>(
    `SELECT encode(rid, 'hex') AS rid, zone, to_char(begins, 'HH24:MI') AS "from", to_char(ends, 'HH24:MI') AS "to"
     FROM quiet_hours WHERE coalition_id = $1 ORDER BY rid`,
    of,
  );
  const holidays = await reader.query<{ org: string; uid: string; zone: string; first: string; after: string; title: string }>(
    `SELECT org, uid, zone, first_day::text AS first, day_after::text AS after, title FROM holiday WHERE coalition_id = $1 ORDER BY first_day, org, uid`,
    of,
  );
  return {
    revision: revision.rows[0]?.revision ?? null,
    rotations: rotations.rows.map((row) => ({
      rotationId: row.id,
      tier: row.tier,
      zone: row.zone,
      firstHandOver: row.first,
      every: { count: row.count, unit: row.unit },
      turns: turnsOf(row.people),
      until: row.until?.getTime() ?? null,
    })),
    overrides: overrides.rows.map((row) => ({
      overrideId: row.id,
      tier: row.tier,
      span: { start: row.start.getTime(), end: row.end.getTime() },
      insteadOf: row.instead_of,
      people: row.people,
    })),
    hours: hours.rows,
    quiet: quiet.rows,
    holidays: holidays.rows.map((row) => ({ org: row.org === '' ? null : row.org, uid: row.uid, zone: row.zone, firstDay: row.first, dayAfter: row.after, title: row.title })),
  };
}

function turnsOf(people: RotationRow['people']): Rid[][] {
  const turns: Rid[][] = [];
  for (const { turn, rid } of people) (turns[turn] ??= []).push(rid);
  return turns;
}

/** What could not be set, and why. Instants are milliseconds since 1970. */
export type RotaRefusal =
  /** The roster does not name this person in this tier: they could not open an alert. */
  | { readonly refused: 'not-in-tier'; readonly rid: Rid }
  /** Another override of the same scope is at the same time; only one that lies wholly inside it would be clear. */
  | { readonly refused: 'crosses'; readonly overrideId: string; readonly span: Span };

/** Adds a rotation. @returns its id, or why not */
export async function addRotation(tx: Tx, coalitionId: number, rotation: Omit<Rotation, 'rotationId'>): Promise<{ readonly rotationId: string } | RotaRefusal> {
  const refused = await firstStranger(tx, coalitionId, rotation.tier, rotation.turns.flat());
  if (refused) return refused;
  const { rows } = await tx.query<{ id: string }>(
    `INSERT INTO rotation (coalition_id, tier, zone, first_hand_over, every_count, every_unit, until)
     VALUES ($1, $2, $3, $4::timestamp, $5, $6, $7) RETURNING rotation_id AS id`,
    [
      coalitionId,
      rotation.tier,
      rotation.zone,
      rotation.firstHandOver,
      rotation.every.count,
      rotation.every.unit,
      rotation.until === null ? null : new Date(rotation.until),
    ],
  );
  const rotationId = rows[0]?.id;
  if (rotationId === undefined) throw new Error('a rotation was not stored');
  const members = rotation.turns.flatMap((people, turn) => people.map((rid) => ({ turn, rid })));
  await tx.query(
    `INSERT INTO rotation_member (coalition_id, rotation_id, turn, rid) SELECT $1, $2, * FROM unnest($3::int[], $4::bytea[])`,
    [coalitionId, rotationId, members.map(({ turn }) => turn), members.map(({ rid }) => Buffer.from(rid, 'hex'))],
  );
  await changed(tx, coalitionId);
  return { rotationId };
}

/** False when there is no such rotation. */
export async function removeRotation(tx: Tx, coalitionId: number, rotationId: string): Promise<boolean> {
  return removed(tx, coalitionId, `DELETE FROM rotation WHERE coalition_id = $1 AND rotation_id = $2`, [rotationId]);
}

/**
 * Adds an override. It may lie wholly inside another of the same scope (tier, and the person whose duty it is), and is
 * then the narrower one; it may not cross one or surround it.
 *
 * @param createdBy who set it at the desk; null: the operator
 */
export async function addOverride(
  tx: Tx,
  coalitionId: number,
  override: Omit<ShiftOverride, 'overrideId'>,
  createdBy: Rid | null,
): Promise<{ readonly overrideId: string } | RotaRefusal> {
  const { tier, span, insteadOf, people } = override;
  const refused = await firstStranger(tx, coalitionId, tier, [...people, ...(insteadOf === null ? [] : [insteadOf])]);
  if (refused) return refused;
  // One at a time: whether a time lies inside another must not change between looking and writing.
  await changed(tx, coalitionId);
  const range = [new Date(span.start), new Date(span.end)];
  const { rows: there } = await tx.query<{ id: string; start: Date; end: Date; depth: number; around: boolean }>(
    `SELECT override_id AS id, lower(span) AS start, upper(span) AS end, depth, span @> tstzrange($4, $5) AND span <> tstzrange($4, $5) AS around
     FROM shift_override
     WHERE coalition_id = $1 AND tier = $2 AND instead_of IS NOT DISTINCT FROM $3 AND span && tstzrange($4, $5) ORDER BY lower(span)`,
    [coalitionId, tier, bytesOf(insteadOf), ...range],
  );
  const crossed = there.find(({ around }) => !around);
  if (crossed) return { refused: 'crosses', overrideId: crossed.id, span: { start: crossed.start.getTime(), end: crossed.end.getTime() } };
  const depth = Math.max(-1, ...there.map((each) => each.depth)) + 1;
  const scope = `${coalitionId}/${tier}/${insteadOf ?? '*'}/${depth}`;
  const { rows } = await tx.query<{ id: string }>(
    `INSERT INTO shift_override (coalition_id, tier, span, instead_of, people, depth, created_by, scope)
     VALUES ($1, $2, tstzrange($3, $4), $5, $6::bytea[], $7, $8, override_scope($9, $9, '[]')) RETURNING override_id AS id`,
    [coalitionId, tier, ...range, bytesOf(insteadOf), people.map((rid) => Buffer.from(rid, 'hex')), depth, bytesOf(createdBy), scope],
  );
  const overrideId = rows[0]?.id;
  if (overrideId === undefined) throw new Error('an override was not stored');
  return { overrideId };
}

/** False when there is no such override. */
export async function removeOverride(tx: Tx, coalitionId: number, overrideId: string): Promise<boolean> {
  return removed(tx, coalitionId, `DELETE FROM shift_override WHERE coalition_id = $1 AND override_id = $2`, [overrideId]);
}

/** Sets an organisation's opening hours; an empty week is refused by whoever reads it in. */
export async function setHours(tx: Tx, coalitionId: number, { org, zone, weekly }: OpeningHours): Promise<void> {
  await tx.query(
    `INSERT INTO business_hours (coalition_id, org, zone, weekly) VALUES ($1, $2, $3, $4::jsonb)
     ON CONFLICT (coalition_id, org) DO UPDATE SET zone = excluded.zone, weekly = excluded.weekly`,
    [coalitionId, org, zone, JSON.stringify(weekly)],
  );
  await changed(tx, coalitionId);
}

/** The organisation works day and night again. False when it had no hours. */
export async function clearHours(tx: Tx, coalitionId: number, org: string): Promise<boolean> {
  return removed(tx, coalitionId, `DELETE FROM business_hours WHERE coalition_id = $1 AND org = $2`, [org]);
}

/** Sets when one person is not to be woken but by critical alerts. */
export async function setQuietHours(tx: Tx, coalitionId: number, { rid, zone, from, to }: QuietHours): Promise<void> {
  await tx.query(
    `INSERT INTO quiet_hours (coalition_id, rid, zone, begins, ends) VALUES ($1, $2, $3, $4::time, $5::time)
     ON CONFLICT (coalition_id, rid) DO UPDATE SET zone = excluded.zone, begins = excluded.begins, ends = excluded.ends`,
    [coalitionId, bytesOf(rid), zone, from, to],
  );
  await changed(tx, coalitionId);
}

/** The person is told at any hour again. False when they had no quiet hours. */
export async function clearQuietHours(tx: Tx, coalitionId: number, rid: Rid): Promise<boolean> {
  return removed(tx, coalitionId, `DELETE FROM quiet_hours WHERE coalition_id = $1 AND rid = $2`, [bytesOf(rid)]);
}

/** Adds days off, or changes those that came from the same events before. @returns how many are new or changed */
export async function addHolidays(tx: Tx, coalitionId: number, holidays: readonly NamedHoliday[]): Promise<number> {
  const { rowCount } = await tx.query(
    `INSERT INTO holiday (coalition_id, org, uid, zone, first_day, day_after, title)
     SELECT $1, * FROM unnest($2::text[], $3::text[], $4::text[], $5::date[], $6::date[], $7::text[])
     ON CONFLICT (coalition_id, org, uid, first_day) DO UPDATE SET zone = excluded.zone, day_after = excluded.day_after, title = excluded.title
       WHERE (holiday.zone, holiday.day_after, holiday.title) IS DISTINCT FROM (excluded.zone, excluded.day_after, excluded.title)`,
    [
      coalitionId,
      holidays.map(({ org }) => org ?? ''),
      holidays.map(({ uid }) => uid),
      holidays.map(({ zone }) => zone),
      holidays.map(({ firstDay }) => firstDay),
      holidays.map(({ dayAfter }) => dayAfter),
      holidays.map(({ title }) => title),
    ],
  );
  await changed(tx, coalitionId);
  return rowCount;
}

/** Takes away all days off of an organisation (null: those of everybody). @returns how many there were */
export async function clearHolidays(tx: Tx, coalitionId: number, org: string | null): Promise<number> {
  const { rowCount } = await tx.query(`DELETE FROM holiday WHERE coalition_id = $1 AND org = $2`, [coalitionId, org ?? '']);
  await changed(tx, coalitionId);
  return rowCount;
}

async function firstStranger(tx: Tx, coalitionId: number, tier: number, people: readonly Rid[]): Promise<RotaRefusal | null> {
  const { rows } = await tx.query<{ rid: Rid }>(
    `SELECT n.rid FROM unnest($3::text[]) WITH ORDINALITY AS n (rid, at)
     WHERE NOT EXISTS (SELECT FROM tier_member m WHERE m.coalition_id = $1 AND m.tier = $2 AND encode(m.rid, 'hex') = n.rid) ORDER BY n.at LIMIT 1`,
    [coalitionId, tier, people],
  );
  return rows[0] ? { refused: 'not-in-tier', rid: rows[0].rid } : null;
}

/** A new revision; also the lock under which the rota is changed, and word to those who keep it in memory. */
async function changed(tx: Tx, coalitionId: number): Promise<void> {
  await tx.query(
    `INSERT INTO rota (coalition_id) VALUES ($1) ON CONFLICT (coalition_id) DO UPDATE SET revision = gen_random_uuid()`,
    [coalitionId],
  );
  await tx.query(`SELECT pg_notify('${ROSTER_CHANNEL}', '')`);
}

async function removed(tx: Tx, coalitionId: number, statement: string, values: readonly unknown[]): Promise<boolean> {
  const { rowCount } = await tx.query(statement, [coalitionId, ...values]);
  if (rowCount > 0) await changed(tx, coalitionId);
  return rowCount > 0;
}

function bytesOf(rid: Rid | null): Buffer | null {
  return rid === null ? null : Buffer.from(rid, 'hex');
}
