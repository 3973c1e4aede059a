import type { MigrationInterface, QueryRunner } from 'typeorm';

/** When one person is not to be woken but by critical alerts. */
export class QuietHours1700000000007 implements MigrationInterface {
  name = 'QuietHours1700000000007';

  async up(runner: QueryRunner): Promise<void> {
    for (const statement of STATEMENTS) await runner.query(statement);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP TABLE quiet_hours');
  }
}

const STATEMENTS: readonly string[] = [
  // By the clocks of the zone, over midnight when they end before they begin. No foreign key to responder: those rows are
  // rewritten with every roster.
  `CREATE TABLE quiet_hours (
     coalition_id int NOT NULL REFERENCES coalition,
     rid          bytea NOT NULL CHECK (octet_length(rid) = 16),
     zone         text NOT NULL,
     begins       time NOT NULL,
     ends         time NOT NULL CHECK (ends <> begins),
     PRIMARY KEY (coalition_id, rid)
   )`,
  `DO $$ BEGIN
     IF EXISTS (SELECT FROM pg_roles WHERE rolname = 'jardam_app') THEN
       GRANT SELECT, INSERT, UPDATE, DELETE ON quiet_hours TO jardam_app;
     END IF;
   END $$`,
];
