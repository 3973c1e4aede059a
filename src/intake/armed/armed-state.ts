import { Injectable } from '@nestjs/common';
import type { CheckInRepeat, CheckInStage } from '../../domain/check-in.js';
import type { Database, Tx } from '../../platform/database/database.js';
import type { PacketState } from './packet-rows.js';

/** What an account has prepared, and what became of it. */
export interface ArmedState {
  readonly tap:
    | (Freshness & {
        readonly state: Extract<PacketState, 'armed' | 'counting' | 'waiting'>;
        readonly countdownSeconds: number | null;
        /** While a countdown runs. */
        readonly fireAt: Date | null;
        /** The button is in the chat; before that the release secret is still with the server. */
        readonly buttonSent: boolean;
      })
    | null;
  readonly checkIns: readonly (Freshness & {
    readonly stage: CheckInStage;
    readonly deadlineAt: Date;
    readonly graceMinutes: number;
    readonly repeat: CheckInRepeat;
    readonly round: number;
  })[];
  /** Alerts that came of this account's packets, the newest first. */
  readonly fired: readonly { readonly locator: Uint8Array; readonly alertId: Uint8Array; readonly firedAt: Date; readonly purpose: 'tap' | 'check_in' }[];
}

interface Freshness {
  readonly locator: Uint8Array;
  readonly armedAt: Date;
  readonly expiresAt: Date;
  /** Older than it should be. It is sent all the same. */
  readonly expired: boolean;
  /** People or keys changed since: arming again reaches those of today. */
  readonly olderRoster: boolean;
}

interface StateRow extends Record<string, unknown> {
  readonly locator: Buffer;
  readonly alert_id: Buffer;
  readonly purpose: 'tap' | 'check_in';
  readonly state: PacketState;
  readonly armed_at: Date;
  readonly expires_at: Date;
  readonly expired: boolean;
  readonly older_roster: boolean;
  readonly countdown_seconds: number | null;
  readonly due_at: Date | null;
  readonly has_secret: boolean;
  readonly fired_at: Date | null;
  readonly stage: CheckInStage | null;
  readonly deadline_at: Date;
  readonly grace_ms: number;
  readonly repeat: CheckInRepeat;
  readonly round: number;
}

/** Reads what one account has armed. */
@Injectable()
export class ArmedStates {
  /** @param owner keyed hash of the account, 32 bytes */
  async of(reader: Pick<Tx | Database, 'query'>, coalitionId: number, owner: Uint8Array): Promise<ArmedState> {
    const { rows } = await reader.query<StateRow>({
      name: 'armed-state',
      text: `SELECT a.locator, a.alert_id, a.purpose, a.state, a.armed_at, a.expires_at, a.expires_at <= now() AS expired,
                    a.roster_version < (SELECT max(version) FROM roster_version r WHERE r.coalition_id = $1) AS older_roster,
                    a.countdown_seconds, a.due_at, a.secret_sealed IS NOT NULL AS has_secret, a.fired_at,
                    c.stage, c.deadline_at, c.grace_ms, c.repeat, c.round
             FROM armed_packet a LEFT JOIN check_in c USING (coalition_id, locator)
             WHERE a.coalition_id = $1 AND a.owner = $2 AND a.state <> 'broken' ORDER BY a.fired_at DESC NULLS FIRST, a.armed_at`,
      values: [coalitionId, Buffer.from(owner)],
    });
    const open = rows.filter(({ state }) => state !== 'fired');
    const tap = open.find(({ purpose }) => purpose === 'tap');
    return {
      tap:
        tap === undefined
          ? null
          : {
              ...freshnessOf(tap),
              state: tap.state as 'armed' | 'counting' | 'waiting',
              countdownSeconds: tap.countdown_seconds,
              fireAt: tap.due_at,
              buttonSent: !tap.has_secret || tap.state === 'counting',
            },
      checkIns: open.flatMap((row) =>
        row.stage === null
          ? []
          : [{ ...freshnessOf(row), stage: row.stage, deadlineAt: row.deadline_at, graceMinutes: row.grace_ms / 60_000, repeat: row.repeat, round: row.round }],
      ),
      fired: rows.flatMap(({ locator, alert_id: alertId, fired_at: firedAt, purpose }) => (firedAt === null ? [] : [{ locator, alertId, firedAt, purpose }])),
    };
  }
}

function freshnessOf(row: StateRow): Freshness {
  return { locator: row.locator, armedAt: row.armed_at, expiresAt: row.expires_at, expired: row.expired, olderRoster: row.older_roster };
}
