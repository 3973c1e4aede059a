import type pg from 'pg';

/**
 * A clock of the database that a test can move. The service reads no other clock than now() and clock_timestamp(), so
 * it is enough to put functions of these names before PostgreSQL's own on the search path of one test database; the
 * program itself knows nothing of it. Attempts to send keep the true time, because the providers' logs have it too.
 *
 * To be installed before the first connection of a service: the search path is read when a session begins.
 */
export async function installMovedClock(owner: pg.Client, database: string): Promise<void> {
  await owner.query('CREATE SCHEMA moved');
  await owner.query(`CREATE TABLE moved.clock (by interval NOT NULL)`);
  await owner.query(`INSERT INTO moved.clock VALUES ('0')`);
  for (const [name, kind] of [['now', 'STABLE'], ['clock_timestamp', 'VOLATILE']] as const) {
    await owner.query(`CREATE FUNCTION moved.${name}() RETURNS timestamptz LANGUAGE sql ${kind}
                       AS 'SELECT pg_catalog.${name}() + by FROM moved.clock'`);
  }
  await owner.query('GRANT USAGE ON SCHEMA moved TO jardam_app');
  await owner.query('GRANT SELECT ON moved.clock TO jardam_app');
  const { rows } = await owner.query<{ relation: string; column: string }>(
    `SELECT quote_ident(c.relname) AS relation, quote_ident(a.attname) AS column
     FROM pg_attrdef d JOIN pg_class c ON c.oid = d.adrelid JOIN pg_attribute a ON a.attrelid = d.adrelid AND a.attnum = d.adnum
     WHERE pg_get_expr(d.adbin, d.adrelid) = 'now()' AND c.relnamespace = 'public'::regnamespace AND c.relname <> 'delivery_attempt'`,
  );
  // A default was bound to PostgreSQL's own function when its table was made.
  for (const { relation, column } of rows) await owner.query(`ALTER TABLE public.${relation} ALTER COLUMN ${column} SET DEFAULT moved.now()`);
  // The tables' schema stays the first: it is where migrations make theirs.
  await owner.query(`ALTER DATABASE ${database} SET search_path = public, moved, pg_catalog`);
}

/** The database's clock is from now on this far from the true one. */
export async function moveClock(owner: Pick<pg.Client, 'query'>, byMs: number): Promise<void> {
  await owner.query('UPDATE moved.clock SET by = make_interval(secs => $1)', [byMs / 1000]);
}
