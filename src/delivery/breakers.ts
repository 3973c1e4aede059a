import { allowance, CLOSED_BREAKER, recordResult, type Breaker } from '../domain/breaker.js';
import { DEFAULT_COALITION } from '../platform/coalition.js';
import type { Database } from '../platform/database/database.js';

/**
 * One breaker for each provider, known to all instances through channel_health. Each counts its own results on its
 * own steady clock; only openings and closings are written, so that a healthy provider costs no statement.
 */
export class Breakers {
  private readonly byChannel = new Map<string, Breaker>();

  constructor(
    private readonly database: Pick<Database, 'query'>,
    private readonly steadyNow: () => number = () => performance.now(),
  ) {}

  allowance(channel: string): 'free' | 'probe' | 'none' {
    return allowance(this.byChannel.get(channel) ?? CLOSED_BREAKER, this.steadyNow());
  }

  /** Counts a result; tells the other instances when it opened or closed the breaker. */
  async record(channel: string, ok: boolean): Promise<'opened' | 'closed' | 'unchanged'> {
    const before = this.byChannel.get(channel) ?? CLOSED_BREAKER;
    const after = recordResult(before, ok, this.steadyNow());
    this.byChannel.set(channel, after);
    if (after.openUntil === before.openUntil) return 'unchanged';
    const openMs = after.openUntil === null ? null : after.openUntil - this.steadyNow();
    await this.database.query(
      `INSERT INTO channel_health (coalition_id, key, state, fails, open_until)
       VALUES ($1, $2, $3, $4, now() + make_interval(secs => $5))
       ON CONFLICT (coalition_id, key) DO UPDATE SET state = excluded.state, fails = excluded.fails, open_until = excluded.open_until`,
      [DEFAULT_COALITION, channel, openMs === null ? 'closed' : 'open', after.results.filter((result) => !result.ok).length, openMs === null ? null : openMs / 1000],
    );
    return openMs === null ? 'closed' : 'opened';
  }

  /** Learns what other instances found out. */
  async refresh(): Promise<void> {
    const { rows } = await this.database.query<{ key: string; open_ms: number }>({
      name: 'outbox-breakers',
      text: `SELECT key, extract(epoch FROM open_until - now())::float8 * 1000 AS open_ms FROM channel_health
             WHERE coalition_id = $1 AND open_until > now()`,
      values: [DEFAULT_COALITION],
    });
    for (const { key, open_ms } of rows) {
      const openUntil = this.steadyNow() + open_ms;
      const known = this.byChannel.get(key) ?? CLOSED_BREAKER;
      if (known.openUntil === null) this.byChannel.set(key, { results: known.results, openUntil });
    }
  }
}
