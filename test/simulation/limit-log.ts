import type pg from 'pg';

/** The service took note that somebody must be left alone. */
export interface NotedLimit {
  /** "contact:" and the contact's id, or a provider. */
  readonly key: string;
  /** True times, milliseconds since 1970, whatever the database's moved clock says. */
  readonly at: number;
  readonly until: number;
}

/**
 * Writes down every "not before" that the service notes: channel_health keeps the latest only, and by a clock that may
 * be moved. Needs the moved clock.
 */
export async function installLimitLog(owner: pg.Client): Promise<void> {
  await owner.query('CREATE TABLE moved.limit_log (key text NOT NULL, at timestamptz NOT NULL, until timestamptz NOT NULL)');
  await owner.query(`CREATE FUNCTION moved.log_limit() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS $$
    DECLARE true_now timestamptz := pg_catalog.clock_timestamp();
    BEGIN
      INSERT INTO moved.limit_log VALUES (NEW.key, true_now, true_now + (NEW.blocked_until - moved.clock_timestamp()));
      RETURN NULL;
    END $$`);
  await owner.query(`CREATE TRIGGER log_limit AFTER INSERT OR UPDATE ON channel_health FOR EACH ROW WHEN (NEW.blocked_until IS NOT NULL) EXECUTE FUNCTION moved.log_limit()`);
}

/** Everything noted so far, oldest first. */
export async function readLimits(owner: pg.Client): Promise<NotedLimit[]> {
  const { rows } = await owner.query<{ key: string; at: number; until: number }>(
    `SELECT key, extract(epoch FROM at)::float8 * 1000 AS at, extract(epoch FROM until)::float8 * 1000 AS until FROM moved.limit_log ORDER BY at`,
  );
  return rows;
}
