import type { MigrationInterface, QueryRunner } from 'typeorm';

/** What the watch over the engine needs to know. */
export class Watching1700000000006 implements MigrationInterface {
  name = 'Watching1700000000006';

  async up(runner: QueryRunner): Promise<void> {
    for (const statement of STATEMENTS) await runner.query(statement);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP FUNCTION vacuum_horizon()');
    await runner.query('ALTER TABLE engine_heartbeat DROP COLUMN put_off_at');
  }
}

const STATEMENTS: readonly string[] = [
  // An alert that cannot be decided is put off by a minute, and is then not overdue any more: here it leaves a trace.
  `ALTER TABLE engine_heartbeat ADD COLUMN put_off_at timestamptz`,
  // How far back vacuum has to keep dead rows: in transactions, and the age in seconds of the oldest transaction. The
  // role of the service sees no session but its own, so this runs as the owner and returns two numbers and nothing of
  // any session. An owner that is a member of pg_read_all_stats also sees other accounts' (a backup, somebody's psql).
  `CREATE FUNCTION vacuum_horizon(OUT age_transactions bigint, OUT oldest_seconds double precision)
     LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog
   BEGIN ATOMIC
     SELECT coalesce(max(behind), 0), coalesce(max(seconds), 0)
     FROM (
       SELECT greatest(age(backend_xmin), age(backend_xid))::bigint AS behind, extract(epoch FROM clock_timestamp() - xact_start)::float8 AS seconds
       FROM pg_stat_activity
       WHERE datname = current_database() AND pid <> pg_backend_pid() AND (backend_xmin IS NOT NULL OR backend_xid IS NOT NULL)
       UNION ALL
       -- Sessions that hide still show here when they write.
       SELECT pg_snapshot_xmax(snapshot)::text::bigint - pg_snapshot_xmin(snapshot)::text::bigint, 0 FROM pg_current_snapshot() AS snapshot
       UNION ALL
       SELECT greatest(age(xmin), age(catalog_xmin))::bigint, 0 FROM pg_replication_slots
       UNION ALL
       SELECT age(transaction)::bigint, extract(epoch FROM clock_timestamp() - prepared)::float8 FROM pg_prepared_xacts
     ) horizon;
   END`,
  `REVOKE ALL ON FUNCTION vacuum_horizon() FROM PUBLIC`,
  `DO $$ BEGIN
     IF EXISTS (SELECT FROM pg_roles WHERE rolname = 'jardam_app') THEN
       GRANT EXECUTE ON FUNCTION vacuum_horizon() TO jardam_app;
     END IF;
   END $$`,
];
