import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Packets that were sealed beforehand: panic by one tap, and check-ins whose silence speaks (docs/armed.md). */
export class ArmedPackets1700000000002 implements MigrationInterface {
  name = 'ArmedPackets1700000000002';

  async up(runner: QueryRunner): Promise<void> {
    for (const statement of STATEMENTS) await runner.query(statement);
  }

  async down(): Promise<void> {
    // Going back would drop packets that people rely on.
    return Promise.reject(new Error('armed packets cannot be undone: restore a backup taken before them'));
  }
}

const STATEMENTS: readonly string[] = [
  // owner is a keyed hash of the account; the account itself stands elsewhere, sealed. submission is what was posted
  // (header ‖ envelope), and NULL once it became an alert. secret_sealed is the release secret under the gatekeeper's
  // key file: there from arming until the button was sent, during a countdown, and all the time for a check-in.
  `CREATE TABLE armed_packet (
     coalition_id    int NOT NULL REFERENCES coalition,
     locator         bytea NOT NULL CHECK (octet_length(locator) = 12),
     owner           bytea NOT NULL CHECK (octet_length(owner) = 32),
     purpose         text NOT NULL CHECK (purpose IN ('tap', 'check_in')),
     state           text NOT NULL DEFAULT 'armed' CHECK (state IN ('armed', 'counting', 'waiting', 'fired', 'broken')),
     alert_id        bytea NOT NULL CHECK (octet_length(alert_id) = 16),
     submission      bytea,
     roster_version  bigint NOT NULL,
     secret_sealed   bytea,
     receipt_locator_hash bytea CHECK (octet_length(receipt_locator_hash) = 32),
     receipt_wrapped bytea CHECK (octet_length(receipt_wrapped) = 48),
     -- The end of the alert's event chain as arming left it; the alert goes on from there.
     chain_n         bigint NOT NULL,
     chain_head      bytea NOT NULL CHECK (octet_length(chain_head) = 32),
     chain_at        timestamptz NOT NULL,
     armed_at        timestamptz NOT NULL DEFAULT now(),
     expires_at      timestamptz NOT NULL,
     -- NULL: only "send now" sends.
     countdown_seconds smallint CHECK (countdown_seconds BETWEEN 0 AND 60),
     due_at          timestamptz,
     fired_at        timestamptz,
     -- The newest roster about which the owner was asked to arm again.
     asked_for_roster bigint,
     asked_for_expiry boolean NOT NULL DEFAULT false,
     PRIMARY KEY (coalition_id, locator),
     UNIQUE (coalition_id, alert_id),
     CHECK ((state = 'fired') = (submission IS NULL)),
     CHECK (state <> 'counting' OR (due_at IS NOT NULL AND secret_sealed IS NOT NULL)),
     CHECK (state NOT IN ('fired', 'broken') OR due_at IS NULL)
   )`,
  `ALTER TABLE armed_packet ALTER COLUMN submission SET STORAGE EXTERNAL`,
  // One button for an account: with two, nobody in fear could tell which of them counts.
  `CREATE UNIQUE INDEX armed_packet_one_button ON armed_packet (coalition_id, owner)
     WHERE purpose = 'tap' AND state IN ('armed', 'counting', 'waiting')`,
  `CREATE INDEX armed_packet_by_owner ON armed_packet (coalition_id, owner)`,
  `CREATE INDEX armed_packet_due ON armed_packet (due_at) WHERE due_at IS NOT NULL`,
  // The clock of a check-in (src/domain/check-in.ts); its next ring is armed_packet.due_at.
  `CREATE TABLE check_in (
     coalition_id  int NOT NULL,
     locator       bytea NOT NULL,
     stage         text NOT NULL CHECK (stage IN ('scheduled', 'reminded', 'asked', 'prompted', 'undelivered', 'ended')),
     deadline_at   timestamptz NOT NULL,
     grace_ms      int NOT NULL CHECK (grace_ms > 0),
     repeat        text NOT NULL CHECK (repeat IN ('none', 'daily')),
     -- Counts the questions: an answer or a delivery that belongs to an earlier one must not count for this one.
     round         int NOT NULL DEFAULT 1,
     asked_reached boolean NOT NULL DEFAULT false,
     desk_told_at  timestamptz,
     -- What a person decided about a question that could not be delivered; the clock carries it out.
     decision      text CHECK (decision IN ('send')),
     decided_by    bytea CHECK (octet_length(decided_by) = 16),
     PRIMARY KEY (coalition_id, locator),
     FOREIGN KEY (coalition_id, locator) REFERENCES armed_packet ON DELETE CASCADE
   )`,
  `CREATE INDEX check_in_undelivered ON check_in (coalition_id, deadline_at) WHERE stage = 'undelivered'`,
  // What the bot has to tell the owner: written in the transaction that decided it, taken (deleted) in the one that
  // puts it into the bot's own outbox.
  `CREATE TABLE armed_notice (
     coalition_id int NOT NULL REFERENCES coalition,
     notice_id    uuid NOT NULL DEFAULT gen_random_uuid(),
     owner        bytea NOT NULL,
     locator      bytea NOT NULL,
     what         text NOT NULL CHECK (what IN ('fired', 'not_sent', 'reminder', 'ask', 'silent_prompt', 'arm_again')),
     round        int NOT NULL DEFAULT 0,
     alert_id     bytea,
     deadline_at  timestamptz,
     created_at   timestamptz NOT NULL DEFAULT now(),
     PRIMARY KEY (coalition_id, notice_id)
   )`,
  `CREATE INDEX armed_notice_in_order ON armed_notice (created_at)`,
  // When the channel by which owners answer was last heard of. Without it silence means nothing.
  `CREATE TABLE answer_channel (
     coalition_id int PRIMARY KEY REFERENCES coalition,
     heard_at     timestamptz NOT NULL
   )`,
  `DO $$ BEGIN
     IF EXISTS (SELECT FROM pg_roles WHERE rolname = 'jardam_app') THEN
       GRANT SELECT, INSERT, UPDATE, DELETE ON armed_packet, check_in, armed_notice, answer_channel TO jardam_app;
     END IF;
   END $$`,
];
