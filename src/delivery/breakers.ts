import { allowance, CLOSED_BREAKER, recordResult, type Breaker } from '../domain/breaker.js';
import { DEFAULT_COALITION } from '../platform/coalition.js';
import type { Database } from '../platform/database/database.js';

/**
 * One breaker for each provider, known to all instances through channel_health. Each counts its own results on its
 * own steady clock; only openings and closings are written, so that a healthy provider costs no statement.
 */
export class Breakers {
  private readonly byProvider = new Map<string, Breaker>();

  constructor(
    private readonly database: Pick<Database, 'query'>,
    private readonly steadyNow: () => number = () => performance.now(),
  ) {}

  allowance(provider: string): 'free' | 'probe' | 'none' {
    return allowance(this.byProvider.get(provider) ?? CLOSED_BREAKER, this.steadyNow());
  }

  /** Providers to which nothing is sent freely. */
  resting(): { readonly provider: string; readonly allowed: 'probe' | 'none' }[] {
    return [...this.byProvider.keys()].flatMap((provider) => {
      const allowed = this.allowance(provider);
      return allowed === 'free' ? [] : [{ provider, allowed }];
    });
  }

  /** Counts a result; tells the other instances when it opened or closed the breaker. */
  async record(provider: string, ok: boolean): Promise<'opened' | 'closed' | 'unchanged'> {
    const before = this.byProvider.get(provider) ?? CLOSED_BREAKER;
    const after = recordResult(before, ok, this.steadyNow());
    this.byProvider.set(provider, after);
    if (after.openUntil === before.openUntil) return 'unchanged';
    const openMs = after.openUntil === null ? null : after.openUntil - this.steadyNow();
    await this.database.query(
      `INSERT INTO channel_health (coalition_id, key, state, fails, open_until)
       VALUES ($1, $2, $3, $4, now() + make_interval(secs => $5))
       ON CONFLICT (coalition_id, key) DO UPDATE SET state = excluded.state, fails = excluded.fails, open_until = excluded.open_until`,
      [DEFAULT_COALITION, provider, openMs === null ? 'closed' : 'open', after.results.filter((result) => !result.ok).length, openMs === null ? null : openMs / 1000],
    );
    return openMs === null ? 'closed' : 'opened';
  }

  /** Learns what other instances found out. @returns whether anybody has to be left alone for a while */
  async refresh(): Promise<boolean> {
    const { rows } = await this.database.query<{ key: string; open_ms: number | null }>({
      name: 'outbox-breakers',
      text: `SELECT key, CASE WHEN open_until > now() THEN extract(epoch FROM open_until - now())::float8 * 1000 END AS open_ms FROM channel_health
             WHERE coalition_id = $1 AND (open_until > now() OR blocked_until > now())`,
      values: [DEFAULT_COALITION],
    });
    for (const { key, open_ms } of rows) {
      if (open_ms === null) continue;
      const openUntil = this.steadyNow() + open_ms;
      const known = this.byProvider.get(key) ?? CLOSED_BREAKER;
      if (known.openUntil === null) this.byProvider.set(key, { results: known.results, openUntil });
    }
    return rows.length > 0 || this.resting().length > 0;
  }
}
