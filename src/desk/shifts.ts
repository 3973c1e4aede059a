import { Inject, Injectable } from '@nestjs/common';
import { fromBase64url, H, toBase64url, type Primitives } from '@jardam/protocol';
import type { Rid } from '../domain/alert.js';
import type { ShiftOverride } from '../domain/rota.js';
import { readOutlook, type RotaOutlook, type TierOutlook } from '../escalation/rota-outlook.js';
import { COORDINATOR_ROLE, DEFAULT_COALITION } from '../platform/coalition.js';
import { PRIMITIVES } from '../platform/crypto.js';
import { Database, type Tx } from '../platform/database/database.js';
import { addOverride, readRota, removeOverride, type RotaRefusal } from '../roster/rota-store.js';
import { shiftCalendar, shiftsOf, shownAheadMs, shownBackMs } from '../roster/shift-calendar.js';
import type { DeskSession } from './sign-in/sessions.js';

export type ShiftRefusal = 'not-a-coordinator' | 'not-your-organisation' | 'no-such-tier' | 'no-such-override';

const tokenBytes = 32;

/** Shifts as people at the desk see and change them. */
@Injectable()
export class Shifts {
  constructor(
    @Inject(Database) private readonly database: Database,
    @Inject(PRIMITIVES) private readonly p: Primitives,
  ) {}

  read(session: DeskSession): Promise<RotaOutlook> {
    return readOutlook(this.database, session.coalitionId);
  }

  /** A coordinator puts somebody else in, among people of their own organisation. */
  async override(tx: Tx, session: DeskSession, wanted: Omit<ShiftOverride, 'overrideId'>): Promise<{ readonly overrideId: string } | RotaRefusal | { readonly refused: ShiftRefusal }> {
    const refused = await this.refusalOf(tx, session, wanted);
    return refused ?? addOverride(tx, session.coalitionId, wanted, session.ridHex);
  }

  async removeOverride(tx: Tx, session: DeskSession, overrideId: string): Promise<{ readonly refused: ShiftRefusal } | null> {
    const there = (await readRota(tx, session.coalitionId)).overrides.find((each) => each.overrideId === overrideId);
    if (!there) return { refused: 'no-such-override' };
    const refused = await this.refusalOf(tx, session, there);
    if (refused) return refused;
    return (await removeOverride(tx, session.coalitionId, overrideId)) ? null : { refused: 'no-such-override' };
  }

  /** A new secret address for the person's calendar; the earlier one ends. @returns the token, base64url of 32 bytes */
  async openCalendar(tx: Tx, session: DeskSession): Promise<string> {
    const token = this.p.randomBytes(tokenBytes);
    await tx.query(
      `INSERT INTO shift_calendar (coalition_id, rid, token_hash) VALUES ($1, $2, $3)
       ON CONFLICT (coalition_id, rid) DO UPDATE SET token_hash = excluded.token_hash, created_at = now()`,
      [session.coalitionId, session.rid, this.hashOf(token)],
    );
    return toBase64url(token);
  }

  /** The address stops working at once. */
  async closeCalendar(tx: Tx, session: DeskSession): Promise<void> {
    await tx.query('DELETE FROM shift_calendar WHERE coalition_id = $1 AND rid = $2', [session.coalitionId, session.rid]);
  }

  /** The calendar behind a secret address; null for an unknown token, and for somebody whom no tier names any more. */
  async calendar(token: string): Promise<string | null> {
    const bytes = fromBase64url(token, tokenBytes);
    if (bytes === null) return null;
    const { rows } = await this.database.query<{ rid: Rid }>(
      `SELECT encode(rid, 'hex') AS rid FROM shift_calendar WHERE coalition_id = $1 AND token_hash = $2`,
      [DEFAULT_COALITION, this.hashOf(bytes)],
    );
    const rid = rows[0]?.rid;
    return rid === undefined ? null : this.calendarOf(rid);
  }

  private async calendarOf(rid: Rid): Promise<string | null> {
    const { tiers, at } = await readOutlook(this.database, DEFAULT_COALITION);
    const served = tiers.filter(({ members }) => members.some((member) => member.rid === rid));
    if (served.length === 0) return null;
    const span = { start: at.getTime() - shownBackMs, end: at.getTime() + shownAheadMs };
    const rota = await readRota(this.database, DEFAULT_COALITION, new Date(span.start));
    const shifts = served.flatMap(({ tier, members }) => shiftsOf(rota, tier, members, rid, span).map((each) => ({ tier, span: each })));
    return shiftCalendar(shifts, rid, at.getTime());
  }

  /** Everybody whose duty changes must be of the coordinator's own organisation: those put in, and those replaced. */
  private async refusalOf(tx: Tx, session: DeskSession, { tier, insteadOf, people }: Pick<ShiftOverride, 'tier' | 'insteadOf' | 'people'>): Promise<{ readonly refused: ShiftRefusal } | null> {
    if (session.role !== COORDINATOR_ROLE) return { refused: 'not-a-coordinator' };
    const { tiers } = await readOutlook(tx, session.coalitionId);
    const found = tiers.find((each) => each.tier === tier);
    if (!found) return { refused: 'no-such-tier' };
    const concerned = new Set([...people, ...(insteadOf === null ? found.members.map(({ rid }) => rid) : [insteadOf])]);
    return isOwn(found, concerned, session.org) ? null : { refused: 'not-your-organisation' };
  }

  private hashOf(token: Uint8Array): Buffer {
    return Buffer.from(H(this.p, 'jardam/shift-calendar', token));
  }
}

/** Strangers to the tier are left to the store, which says who they are. */
function isOwn({ members }: TierOutlook, concerned: ReadonlySet<Rid>, org: string): boolean {
  return members.every((member) => !concerned.has(member.rid) || member.org === org);
}
