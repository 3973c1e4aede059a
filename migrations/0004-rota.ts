import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * Who has duty when, and repeated messages while nobody answers. Frozen once released: a later change is a later file.
 */
export class Rota1700000000004 implements MigrationInterface {
  name = 'Rota1700000000004';

  async up(runner: QueryRunner): Promise<void> {
    for (const statement of STATEMENTS) await runner.query(statement);
  }

  async down(): Promise<void> {
    return Promise.reject(new Error('who had duty is part of the record: restore a backup taken before this migration'));
  }
}

const STATEMENTS: readonly string[] = [
  // Drawn anew with every change below, so that a tick sees with one small read whether its picture is still true. No
  // row: nothing was ever set.
  `CREATE TABLE rota (
     coalition_id int PRIMARY KEY REFERENCES coalition,
     revision     uuid NOT NULL DEFAULT gen_random_uuid()
   )`,
  `CREATE TABLE rotation (
     coalition_id    int NOT NULL REFERENCES coalition,
     rotation_id     uuid NOT NULL DEFAULT gen_random_uuid(),
     tier            smallint NOT NULL CHECK (tier BETWEEN 1 AND 255),
     zone            text NOT NULL,
     -- By the clocks of the zone, and so without one of its own.
     first_hand_over timestamp NOT NULL,
     every_count     int NOT NULL CHECK (every_count > 0),
     every_unit      text NOT NULL CHECK (every_unit IN ('hours', 'days', 'weeks', 'months')),
     until           timestamptz,
     created_at      timestamptz NOT NULL DEFAULT now(),
     PRIMARY KEY (coalition_id, rotation_id)
   )`,
  // No foreign key to responder: those rows are rewritten with every roster, and a turn outlives a renewed key.
  `CREATE TABLE rotation_member (
     coalition_id int NOT NULL,
     rotation_id  uuid NOT NULL,
     turn         int NOT NULL CHECK (turn >= 0),
     rid          bytea NOT NULL CHECK (octet_length(rid) = 16),
     PRIMARY KEY (coalition_id, rotation_id, turn, rid),
     FOREIGN KEY (coalition_id, rotation_id) REFERENCES rotation ON DELETE CASCADE
   )`,
  // A range of texts, used for single ones: equality inside an exclusion constraint without the extension btree_gist,
  // which not every server has.
  `CREATE TYPE override_scope AS RANGE (SUBTYPE = text, COLLATION = "C")`,
  // Two overrides of the same scope never overlap, unless one lies wholly inside the other: then it is one level
  // deeper. Two people who set one at the same moment meet in this constraint.
  `CREATE TABLE shift_override (
     coalition_id int NOT NULL REFERENCES coalition,
     override_id  uuid NOT NULL DEFAULT gen_random_uuid(),
     tier         smallint NOT NULL CHECK (tier BETWEEN 1 AND 255),
     span         tstzrange NOT NULL CHECK (NOT isempty(span) AND NOT lower_inf(span) AND NOT upper_inf(span) AND lower_inc(span) AND NOT upper_inc(span)),
     instead_of   bytea CHECK (octet_length(instead_of) = 16),
     people       bytea[] NOT NULL,
     depth        smallint NOT NULL CHECK (depth >= 0),
     created_by   bytea CHECK (octet_length(created_by) = 16),
     created_at   timestamptz NOT NULL DEFAULT now(),
     scope        override_scope NOT NULL,
     PRIMARY KEY (coalition_id, override_id),
     CONSTRAINT overrides_do_not_cross EXCLUDE USING gist (scope WITH &&, span WITH &&)
   )`,
  `CREATE TABLE business_hours (
     coalition_id int NOT NULL REFERENCES coalition,
     org          text NOT NULL,
     zone         text NOT NULL,
     weekly       jsonb NOT NULL,
     PRIMARY KEY (coalition_id, org)
   )`,
  // org is '' for the days off of every organisation. uid: of the calendar it came from, so that a second import of
  // the same file changes nothing.
  `CREATE TABLE holiday (
     coalition_id int NOT NULL REFERENCES coalition,
     org          text NOT NULL DEFAULT '',
     uid          text NOT NULL,
     zone         text NOT NULL,
     first_day    date NOT NULL,
     day_after    date NOT NULL CHECK (day_after > first_day),
     title        text NOT NULL,
     PRIMARY KEY (coalition_id, org, uid, first_day)
   )`,
  // The address of a person's calendar is a secret; here is only its hash. One for each person: a new one ends the old.
  `CREATE TABLE shift_calendar (
     coalition_id int NOT NULL REFERENCES coalition,
     rid          bytea NOT NULL CHECK (octet_length(rid) = 16),
     token_hash   bytea NOT NULL CHECK (octet_length(token_hash) = 32),
     created_at   timestamptz NOT NULL DEFAULT now(),
     PRIMARY KEY (coalition_id, rid),
     UNIQUE (coalition_id, token_hash)
   )`,
  // Which gaps were announced, so that a mail is not sent every hour.
  `CREATE TABLE gap_warning (
     coalition_id int NOT NULL REFERENCES coalition,
     warning_id   uuid NOT NULL DEFAULT gen_random_uuid(),
     tier         smallint NOT NULL,
     kind         text NOT NULL CHECK (kind IN ('uncovered', 'closed', 'thin')),
     span         tstzrange NOT NULL,
     warned_at    timestamptz NOT NULL DEFAULT now(),
     PRIMARY KEY (coalition_id, warning_id)
   )`,
  `ALTER TABLE alert_timer DROP CONSTRAINT alert_timer_due_kind_check`,
  `ALTER TABLE alert_timer ADD CONSTRAINT alert_timer_due_kind_check
     CHECK (due_kind IN ('escalate', 'handed_over', 'reminder', 'ack_expiry', 'resume', 'repeat'))`,
  `DO $$ BEGIN
     IF EXISTS (SELECT FROM pg_roles WHERE rolname = 'jardam_app') THEN
       GRANT SELECT, INSERT, UPDATE ON rota TO jardam_app;
       GRANT SELECT, INSERT, DELETE ON rotation, rotation_member, shift_override, gap_warning TO jardam_app;
       GRANT SELECT, INSERT, UPDATE, DELETE ON business_hours, holiday, shift_calendar TO jardam_app;
     END IF;
   END $$`,
];
