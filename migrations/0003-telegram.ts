import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * The Telegram bot's tables. `owner` is a hash of the Telegram user id under a key in a file outside the database; the id
 * itself, and whatever else names a chat, is only in columns named *_sealed, which open with that key alone.
 */
export class Telegram1700000000003 implements MigrationInterface {
  name = 'Telegram1700000000003';

  async up(runner: QueryRunner): Promise<void> {
    for (const statement of STATEMENTS) await runner.query(statement);
  }

  async down(): Promise<void> {
    // Going back would leave people with a bot that no longer knows them. Restore a backup instead.
    return Promise.reject(new Error('the Telegram tables cannot be undone: restore a backup taken before them'));
  }
}

const STATEMENTS: readonly string[] = [
  // Deleted when used: nothing links an account to the token it came with.
  `CREATE TABLE telegram_invite (
     coalition_id int NOT NULL REFERENCES coalition,
     token_hash   bytea NOT NULL CHECK (octet_length(token_hash) = 32),
     created_at   timestamptz NOT NULL DEFAULT now(),
     expires_at   timestamptz NOT NULL,
     PRIMARY KEY (coalition_id, token_hash)
   )`,
  `CREATE TABLE telegram_account (
     coalition_id      int NOT NULL REFERENCES coalition,
     owner             bytea NOT NULL CHECK (octet_length(owner) = 32),
     user_id_sealed    bytea NOT NULL,
     lang              text NOT NULL CHECK (lang IN ('ky', 'ru', 'uz', 'tg', 'en')),
     -- What the person agreed to for messages typed into the chat; without it those tiers get no stanza.
     abroad            boolean NOT NULL DEFAULT false,
     eu                boolean NOT NULL DEFAULT false,
     blocked_at        timestamptz,
     -- The pinned message with the armed button; 0 when there is none.
     button_message_id bigint NOT NULL DEFAULT 0,
     joined_at         timestamptz NOT NULL DEFAULT now(),
     PRIMARY KEY (coalition_id, owner)
   )`,
  // Which updates took effect, by membership: ids may have gaps and come late, so "greater than the last" would lose
  // some. Rows outlive Telegram's own memory of an update (24 hours) and are then removed.
  `CREATE TABLE telegram_update (
     coalition_id int NOT NULL,
     bot_id       bigint NOT NULL,
     update_id    bigint NOT NULL,
     state        text NOT NULL CHECK (state IN ('done', 'failing', 'quarantined')),
     tries        smallint NOT NULL DEFAULT 0,
     -- The update itself, only of one that was given up.
     update_sealed bytea,
     at           timestamptz NOT NULL DEFAULT now(),
     PRIMARY KEY (coalition_id, bot_id, update_id)
   )`,
  `CREATE INDEX telegram_update_age ON telegram_update (at)`,
  `CREATE TABLE telegram_poller (
     coalition_id int NOT NULL,
     bot_id       bigint NOT NULL,
     polled_at    timestamptz NOT NULL,
     PRIMARY KEY (coalition_id, bot_id)
   )`,
  // Alerts whose state a chat is told. sign_seed_sealed signs what the person adds; there is none when the alert was
  // sealed on the person's own phone.
  `CREATE TABLE telegram_alert (
     coalition_id      int NOT NULL,
     alert_id          bytea NOT NULL,
     owner             bytea NOT NULL,
     sign_seed_sealed  bytea,
     -- 0 until the message was sent.
     status_message_id bigint NOT NULL DEFAULT 0,
     -- What of the alert's chain was told last; -1 before the first time.
     told_n            bigint NOT NULL DEFAULT -1,
     additions         int NOT NULL DEFAULT 0,
     added_at          timestamptz,
     -- Files that are on their way or could not be taken, and messages that Telegram would not delete.
     files_waiting     int NOT NULL DEFAULT 0,
     files_refused     int NOT NULL DEFAULT 0,
     undeleted         boolean NOT NULL DEFAULT false,
     asking_to_stop    boolean NOT NULL DEFAULT false,
     -- The newest correction or place, sealed to the responders and not handed over yet: a newer one takes its place.
     held_envelope     bytea,
     held_message_id   bigint,
     held_until        timestamptz,
     PRIMARY KEY (coalition_id, alert_id),
     FOREIGN KEY (coalition_id, alert_id) REFERENCES alert ON DELETE CASCADE
   )`,
  `CREATE INDEX telegram_alert_by_owner ON telegram_alert (coalition_id, owner)`,
  `CREATE INDEX telegram_alert_held ON telegram_alert (held_until) WHERE held_until IS NOT NULL`,
  // What the bot still has to do at Telegram. Within an owner and a lane in the order of job_id.
  `CREATE TABLE telegram_job (
     coalition_id int NOT NULL,
     job_id       bigint GENERATED ALWAYS AS IDENTITY,
     owner        bytea NOT NULL,
     lane         text NOT NULL CHECK (lane IN ('chat', 'file')),
     -- At most one waiting job of this name for an owner.
     once         text,
     job_sealed   bytea NOT NULL,
     created_at   timestamptz NOT NULL DEFAULT now(),
     next_at      timestamptz NOT NULL DEFAULT now(),
     expires_at   timestamptz NOT NULL,
     lease_until  timestamptz,
     attempt      int NOT NULL DEFAULT 0,
     PRIMARY KEY (coalition_id, job_id)
   ) WITH (fillfactor = 70, autovacuum_vacuum_scale_factor = 0.01)`,
  `CREATE INDEX telegram_job_order ON telegram_job (coalition_id, owner, lane, job_id)`,
  `CREATE INDEX telegram_job_due ON telegram_job (next_at)`,
  `DO $$ BEGIN
     IF EXISTS (SELECT FROM pg_roles WHERE rolname = 'jardam_app') THEN
       GRANT SELECT, INSERT, UPDATE, DELETE ON telegram_invite, telegram_account, telegram_update, telegram_poller,
         telegram_alert, telegram_job TO jardam_app;
       GRANT USAGE ON ALL SEQUENCES IN SCHEMA public TO jardam_app;
     END IF;
   END $$`,
];
