import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * The first schema. Frozen once released: a later change is a later file.
 *
 * Every table starts its key with coalition_id, which is also the key by which a distributed PostgreSQL would shard.
 * Ciphertext columns are STORAGE EXTERNAL: sealed bytes do not compress, and trying costs about 15 % of the intake.
 */
export class FirstSchema1700000000001 implements MigrationInterface {
  name = 'FirstSchema1700000000001';

  async up(runner: QueryRunner): Promise<void> {
    for (const statement of STATEMENTS) await runner.query(statement);
  }

  async down(): Promise<void> {
    // Going back would drop alerts. Restore a backup instead.
    return Promise.reject(new Error('the first schema cannot be undone: restore a backup taken before it'));
  }
}

const STATEMENTS: readonly string[] = [
  `CREATE TABLE coalition (
     coalition_id int PRIMARY KEY,
     slug         text NOT NULL UNIQUE,
     instance_id  bytea CHECK (octet_length(instance_id) = 32),
     created_at   timestamptz NOT NULL DEFAULT now()
   )`,
  `INSERT INTO coalition (coalition_id, slug) VALUES (1, 'default')`,
  // A hash of each key file that this database was used with. Starting with another file, or with a new one in place
  // of a lost one, would make sealed rows unreadable without anybody noticing; so it is refused.
  `CREATE TABLE server_key (
     name        text PRIMARY KEY,
     fingerprint bytea NOT NULL CHECK (octet_length(fingerprint) = 32),
     first_used  timestamptz NOT NULL DEFAULT now()
   )`,

  // --- who may answer -----------------------------------------------------------------------------------------
  `CREATE TABLE roster_version (
     coalition_id int NOT NULL REFERENCES coalition,
     version      bigint NOT NULL,
     hash         bytea NOT NULL CHECK (octet_length(hash) = 32),
     body         bytea NOT NULL,
     signatures   jsonb NOT NULL,
     published_at timestamptz NOT NULL DEFAULT now(),
     PRIMARY KEY (coalition_id, version)
   )`,
  // The current roster as rows, rewritten in the transaction that publishes it, so that hot statements can join.
  `CREATE TABLE responder (
     coalition_id int NOT NULL REFERENCES coalition,
     rid          bytea NOT NULL CHECK (octet_length(rid) = 16),
     org          text NOT NULL,
     role         text NOT NULL,
     sig_pk       bytea NOT NULL,
     kem_pk       bytea NOT NULL,
     status       text NOT NULL CHECK (status IN ('active', 'revoked', 'probation')),
     not_before   timestamptz NOT NULL,
     not_after    timestamptz NOT NULL,
     PRIMARY KEY (coalition_id, rid)
   )`,
  `CREATE TABLE tier_member (
     coalition_id int NOT NULL,
     tier         smallint NOT NULL,
     rid          bytea NOT NULL,
     org          text NOT NULL,
     PRIMARY KEY (coalition_id, tier, rid),
     FOREIGN KEY (coalition_id, rid) REFERENCES responder ON DELETE CASCADE
   )`,
  // Addresses are sealed under a key in a file outside the database: a leaked backup does not name the responders.
  // rid is null for the duty desk and the operator, who are told but hold no key.
  `CREATE TABLE contact (
     coalition_id   int NOT NULL REFERENCES coalition,
     contact_id     uuid NOT NULL DEFAULT gen_random_uuid(),
     rid            bytea CHECK (octet_length(rid) = 16),
     purpose        text NOT NULL CHECK (purpose IN ('responder', 'duty_desk', 'operator')),
     channel        text NOT NULL,
     priority       smallint NOT NULL DEFAULT 1,
     address_sealed bytea NOT NULL,
     pgp_key        text,
     lang           text NOT NULL DEFAULT 'en' CHECK (lang IN ('ky', 'ru', 'uz', 'tg', 'en')),
     verified_at    timestamptz,
     disabled_at    timestamptz,
     disabled_reason text,
     created_at     timestamptz NOT NULL DEFAULT now(),
     PRIMARY KEY (coalition_id, contact_id),
     CHECK ((purpose = 'responder') = (rid IS NOT NULL))
   )`,
  `CREATE INDEX contact_by_rid ON contact (coalition_id, rid, priority)`,
  `CREATE TABLE invitation (
     coalition_id int NOT NULL REFERENCES coalition,
     token_hash   bytea NOT NULL CHECK (octet_length(token_hash) = 32),
     org          text NOT NULL,
     role         text NOT NULL,
     tiers        smallint[] NOT NULL,
     created_at   timestamptz NOT NULL DEFAULT now(),
     expires_at   timestamptz NOT NULL,
     used_at      timestamptz,
     -- Where the invitation was mailed to, sealed like a contact: the token that comes back proves this address.
     address_sealed bytea,
     PRIMARY KEY (coalition_id, token_hash)
   )`,
  `CREATE TABLE enrolment (
     coalition_id int NOT NULL REFERENCES coalition,
     rid          bytea NOT NULL CHECK (octet_length(rid) = 16),
     org          text NOT NULL,
     role         text NOT NULL,
     tiers        smallint[] NOT NULL,
     sig_pk       bytea NOT NULL,
     kem_pk       bytea NOT NULL,
     possession   bytea NOT NULL,
     created_at   timestamptz NOT NULL DEFAULT now(),
     PRIMARY KEY (coalition_id, rid)
   )`,
  `CREATE TABLE vault (
     coalition_id int NOT NULL REFERENCES coalition,
     locator_hash bytea NOT NULL CHECK (octet_length(locator_hash) = 32),
     rid          bytea NOT NULL CHECK (octet_length(rid) = 16),
     sealed       bytea NOT NULL,
     updated_at   timestamptz NOT NULL DEFAULT now(),
     PRIMARY KEY (coalition_id, locator_hash)
   )`,
  // UNLOGGED: anybody may ask for a challenge, so asking must not cost a flush to disk. A crash empties the table, and
  // whoever was just signing in asks again.
  `CREATE UNLOGGED TABLE desk_challenge (
     coalition_id int NOT NULL REFERENCES coalition,
     challenge    bytea NOT NULL CHECK (octet_length(challenge) = 32),
     rid          bytea NOT NULL,
     expires_at   timestamptz NOT NULL,
     PRIMARY KEY (coalition_id, challenge)
   )`,
  `CREATE TABLE desk_session (
     coalition_id int NOT NULL REFERENCES coalition,
     token_hash   bytea NOT NULL CHECK (octet_length(token_hash) = 32),
     rid          bytea NOT NULL,
     created_at   timestamptz NOT NULL DEFAULT now(),
     used_at      timestamptz NOT NULL DEFAULT now(),
     expires_at   timestamptz NOT NULL,
     PRIMARY KEY (coalition_id, token_hash)
   )`,

  // --- policies: what was promised, never edited ----------------------------------------------------------------
  `CREATE TABLE policy_version (
     coalition_id      int NOT NULL REFERENCES coalition,
     policy_version_id int GENERATED ALWAYS AS IDENTITY,
     policy_id         text NOT NULL,
     version           int NOT NULL,
     body              jsonb NOT NULL,
     sha256            bytea NOT NULL CHECK (octet_length(sha256) = 32),
     published_at      timestamptz NOT NULL DEFAULT now(),
     PRIMARY KEY (coalition_id, policy_version_id),
     UNIQUE (coalition_id, policy_id, version),
     UNIQUE (coalition_id, policy_id, sha256)
   )`,

  // --- alerts ---------------------------------------------------------------------------------------------------
  `CREATE TABLE alert (
     coalition_id      int NOT NULL REFERENCES coalition,
     alert_id          bytea NOT NULL CHECK (octet_length(alert_id) = 16),
     tag               bytea NOT NULL CHECK (octet_length(tag) = 32),
     severity          smallint NOT NULL CHECK (severity BETWEEN 1 AND 4),
     drill             boolean NOT NULL DEFAULT false,
     policy_version_id int NOT NULL,
     roster_version    bigint NOT NULL,
     sender_pk         bytea NOT NULL CHECK (octet_length(sender_pk) = 32),
     mailbox_hash      bytea NOT NULL CHECK (octet_length(mailbox_hash) = 32),
     tiers             smallint[] NOT NULL,
     excluded_orgs     text[] NOT NULL DEFAULT '{}',
     received_at       timestamptz NOT NULL DEFAULT now(),
     PRIMARY KEY (coalition_id, alert_id)
   )`,
  `CREATE UNIQUE INDEX alert_by_mailbox ON alert (coalition_id, mailbox_hash)`,
  // How many came in lately, for the admission of anonymous reports. S1 is neither counted nor slowed.
  `CREATE INDEX alert_by_arrival ON alert (coalition_id, received_at) WHERE severity > 1`,
  // Narrow on purpose: changing an indexed due_at is never a HOT update, so the row that changes must be small.
  // chain_n, chain_head and chain_at are the end of this alert's event chain: the row lock that orders changes of
  // state is the lock that orders events. chain_at is the time of the last event: a transaction that began earlier
  // but got the lock later must not write an earlier time behind it.
  `CREATE TABLE alert_timer (
     coalition_id      int NOT NULL,
     alert_id          bytea NOT NULL,
     policy_version_id int NOT NULL,
     severity          smallint NOT NULL,
     state             text NOT NULL CHECK (state IN
       ('notifying', 'acknowledged', 'handling', 'paused', 'resolved', 'stood_down', 'false_alarm')),
     tier              smallint NOT NULL,
     loop              smallint NOT NULL DEFAULT 0,
     gen               int NOT NULL DEFAULT 1,
     -- The generation since which acknowledgements count together; a new round begins when one expires.
     round_gen         int NOT NULL DEFAULT 1,
     due_at            timestamptz,
     due_kind          text CHECK (due_kind IN ('escalate', 'handed_over', 'reminder', 'ack_expiry', 'resume')),
     owner_rid         bytea,
     ack_expires_at    timestamptz,
     chain_n           bigint NOT NULL,
     chain_head        bytea NOT NULL CHECK (octet_length(chain_head) = 32),
     chain_at          timestamptz NOT NULL,
     PRIMARY KEY (coalition_id, alert_id),
     FOREIGN KEY (coalition_id, alert_id) REFERENCES alert ON DELETE CASCADE,
     CHECK ((state IN ('resolved', 'stood_down', 'false_alarm')) = (due_at IS NULL))
   ) WITH (fillfactor = 70, autovacuum_vacuum_scale_factor = 0.01, autovacuum_analyze_scale_factor = 0.02,
           autovacuum_vacuum_cost_delay = 0)`,
  `CREATE INDEX alert_timer_due_s1 ON alert_timer (due_at) WHERE severity = 1 AND due_at IS NOT NULL`,
  `CREATE INDEX alert_timer_due ON alert_timer (due_at) WHERE severity > 1 AND due_at IS NOT NULL`,
  // What the ladder shows: which tier was entered when, and what came of it.
  `CREATE TABLE tier_entry (
     coalition_id int NOT NULL,
     alert_id     bytea NOT NULL,
     gen          int NOT NULL,
     tier         smallint NOT NULL,
     loop         smallint NOT NULL DEFAULT 0,
     entered_at   timestamptz NOT NULL DEFAULT now(),
     outcome      text NOT NULL CHECK (outcome IN ('notified', 'not_reached', 'not_consented', 'task')),
     reason       text,
     PRIMARY KEY (coalition_id, alert_id, gen, tier),
     FOREIGN KEY (coalition_id, alert_id) REFERENCES alert ON DELETE CASCADE
   )`,
  `CREATE TABLE envelope (
     coalition_id  int NOT NULL,
     alert_id      bytea NOT NULL,
     sender_pk     bytea NOT NULL CHECK (octet_length(sender_pk) = 32),
     seq           bigint NOT NULL,
     kind          smallint NOT NULL CHECK (kind BETWEEN 1 AND 6),
     envelope_hash bytea NOT NULL CHECK (octet_length(envelope_hash) = 32),
     hh            bytea NOT NULL CHECK (octet_length(hh) = 32),
     author_rid    bytea,
     sealed        bytea NOT NULL,
     received_at   timestamptz NOT NULL DEFAULT now(),
     PRIMARY KEY (coalition_id, alert_id, sender_pk, seq),
     FOREIGN KEY (coalition_id, alert_id) REFERENCES alert ON DELETE CASCADE
   )`,
  `ALTER TABLE envelope ALTER COLUMN sealed SET STORAGE EXTERNAL`,
  `CREATE INDEX envelope_by_hash ON envelope (coalition_id, alert_id, envelope_hash)`,
  // Replies to the defender (kind 4) live 14 days.
  `CREATE INDEX envelope_reply_age ON envelope (received_at) WHERE kind = 4`,
  `CREATE TABLE attachment (
     coalition_id int NOT NULL,
     alert_id     bytea NOT NULL,
     object_id    bytea NOT NULL CHECK (octet_length(object_id) = 16),
     total_bytes  bigint NOT NULL CHECK (total_bytes > 0),
     received_bytes bigint NOT NULL DEFAULT 0,
     hash         bytea NOT NULL CHECK (octet_length(hash) = 32),
     complete_at  timestamptz,
     created_at   timestamptz NOT NULL DEFAULT now(),
     PRIMARY KEY (coalition_id, alert_id, object_id),
     FOREIGN KEY (coalition_id, alert_id) REFERENCES alert ON DELETE CASCADE
   )`,
  `CREATE TABLE attachment_chunk (
     coalition_id int NOT NULL,
     alert_id     bytea NOT NULL,
     object_id    bytea NOT NULL,
     start_byte   bigint NOT NULL,
     sealed       bytea NOT NULL,
     PRIMARY KEY (coalition_id, alert_id, object_id, start_byte),
     FOREIGN KEY (coalition_id, alert_id, object_id) REFERENCES attachment ON DELETE CASCADE
   )`,
  `ALTER TABLE attachment_chunk ALTER COLUMN sealed SET STORAGE EXTERNAL`,
  `CREATE TABLE receipt (
     coalition_id int NOT NULL,
     locator_hash bytea NOT NULL CHECK (octet_length(locator_hash) = 32),
     alert_id     bytea NOT NULL,
     wrapped      bytea NOT NULL CHECK (octet_length(wrapped) = 48),
     created_at   timestamptz NOT NULL DEFAULT now(),
     PRIMARY KEY (coalition_id, locator_hash),
     FOREIGN KEY (coalition_id, alert_id) REFERENCES alert ON DELETE CASCADE
   )`,
  `CREATE INDEX receipt_by_alert ON receipt (coalition_id, alert_id)`,

  // --- the gatekeeper's own table: only src/gatekeeper reads it; rk_sealed opens only with its key file ---------
  `CREATE TABLE release_key (
     coalition_id int NOT NULL,
     alert_id     bytea NOT NULL,
     tier         smallint NOT NULL,
     rk_sealed    bytea,
     released_at  timestamptz,
     destroyed_at timestamptz,
     PRIMARY KEY (coalition_id, alert_id, tier),
     FOREIGN KEY (coalition_id, alert_id) REFERENCES alert ON DELETE CASCADE,
     CHECK ((destroyed_at IS NULL) = (rk_sealed IS NOT NULL))
   )`,

  // --- delivery: the transactional outbox -----------------------------------------------------------------------
  `CREATE TABLE delivery (
     coalition_id  int NOT NULL,
     delivery_id   uuid NOT NULL DEFAULT gen_random_uuid(),
     alert_id      bytea NOT NULL,
     gen           int NOT NULL,
     tier          smallint NOT NULL,
     severity      smallint NOT NULL,
     purpose       text NOT NULL CHECK (purpose IN
       ('notify', 'reminder', 'follow_up', 'stand_down', 'hand_over', 'task', 'unanswered', 'closed')),
     -- 0, or the number of the defender's message that this one is about: each of those is announced.
     nth           bigint NOT NULL DEFAULT 0,
     contact_id    uuid NOT NULL,
     rid           bytea,
     channel       text NOT NULL,
     state         text NOT NULL DEFAULT 'pending' CHECK (state IN
       ('pending', 'sending', 'sent', 'delivered', 'failed', 'dead', 'cancelled')),
     next_at       timestamptz NOT NULL DEFAULT now(),
     lease_until   timestamptz,
     attempt       int NOT NULL DEFAULT 0,
     tier_deadline timestamptz,
     provider_message_id text,
     created_at    timestamptz NOT NULL DEFAULT now(),
     sent_at       timestamptz,
     PRIMARY KEY (coalition_id, delivery_id),
     UNIQUE (coalition_id, alert_id, gen, contact_id, purpose, nth),
     FOREIGN KEY (coalition_id, alert_id) REFERENCES alert ON DELETE CASCADE
   ) WITH (fillfactor = 70, autovacuum_vacuum_scale_factor = 0.01, autovacuum_vacuum_cost_delay = 0)`,
  `CREATE INDEX delivery_ready ON delivery (severity, next_at) WHERE state IN ('pending', 'failed')`,
  `CREATE INDEX delivery_leased ON delivery (lease_until) WHERE state = 'sending'`,
  `CREATE TABLE delivery_attempt (
     coalition_id int NOT NULL,
     delivery_id  uuid NOT NULL,
     attempt      int NOT NULL,
     started_at   timestamptz NOT NULL DEFAULT now(),
     finished_at  timestamptz,
     outcome      text CHECK (outcome IN ('accepted', 'refused', 'retry', 'ambiguous')),
     code         text,
     PRIMARY KEY (coalition_id, delivery_id, attempt),
     FOREIGN KEY (coalition_id, delivery_id) REFERENCES delivery ON DELETE CASCADE
   )`,
  `CREATE TABLE channel_health (
     coalition_id  int NOT NULL REFERENCES coalition,
     key           text NOT NULL,
     state         text NOT NULL DEFAULT 'closed' CHECK (state IN ('closed', 'open', 'half_open')),
     fails         int NOT NULL DEFAULT 0,
     open_until    timestamptz,
     blocked_until timestamptz,
     PRIMARY KEY (coalition_id, key)
   )`,

  // --- answers ----------------------------------------------------------------------------------------------------
  `CREATE TABLE ack (
     coalition_id int NOT NULL,
     alert_id     bytea NOT NULL,
     gen          int NOT NULL,
     rid          bytea NOT NULL,
     org          text NOT NULL,
     tier         smallint NOT NULL,
     decision     text NOT NULL CHECK (decision IN ('ack', 'decline', 'undecryptable')),
     statement    bytea NOT NULL,
     signature    bytea NOT NULL CHECK (octet_length(signature) = 64),
     proof        bytea CHECK (octet_length(proof) = 32),
     at           timestamptz NOT NULL DEFAULT now(),
     -- An acknowledgement may follow the same person's decline; both stay on record.
     PRIMARY KEY (coalition_id, alert_id, gen, rid, decision),
     FOREIGN KEY (coalition_id, alert_id) REFERENCES alert ON DELETE CASCADE
   )`,
  `CREATE TABLE hand_over (
     coalition_id int NOT NULL,
     alert_id     bytea NOT NULL,
     gen          int NOT NULL,
     from_rid     bytea NOT NULL,
     to_rid       bytea,
     to_org       text,
     asked_at     timestamptz NOT NULL DEFAULT now(),
     accepted_at  timestamptz,
     accepted_by  bytea,
     PRIMARY KEY (coalition_id, alert_id, gen, from_rid),
     FOREIGN KEY (coalition_id, alert_id) REFERENCES alert ON DELETE CASCADE
   )`,
  `CREATE TABLE close_request (
     coalition_id int NOT NULL,
     alert_id     bytea NOT NULL,
     rid          bytea NOT NULL,
     outcome      text NOT NULL CHECK (outcome IN ('resolved', 'false_alarm', 'stood_down')),
     at           timestamptz NOT NULL DEFAULT now(),
     PRIMARY KEY (coalition_id, alert_id, rid),
     FOREIGN KEY (coalition_id, alert_id) REFERENCES alert ON DELETE CASCADE
   )`,

  // --- evidence: append only ------------------------------------------------------------------------------------
  // alert_id is all zero for the coalition's own chain (ROSTER, POLICY). detail holds what the ladder needs and
  // never content; statement is the signed bytes of a person's act. No foreign key to coalition: every insert would
  // lock that one row in share mode, and all intake would meet there.
  `CREATE TABLE event (
     coalition_id int NOT NULL,
     alert_id     bytea NOT NULL CHECK (octet_length(alert_id) = 16),
     n            bigint NOT NULL,
     type         text NOT NULL,
     at           timestamptz NOT NULL,
     actor_rid    bytea,
     tier         smallint,
     body         bytea NOT NULL,
     hash         bytea NOT NULL CHECK (octet_length(hash) = 32),
     statement    bytea,
     detail       jsonb,
     PRIMARY KEY (coalition_id, alert_id, n)
   )`,
  `CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS
   $$ BEGIN RAISE EXCEPTION '% is append-only', TG_TABLE_NAME USING ERRCODE = 'insufficient_privilege'; END $$`,
  `CREATE TRIGGER event_is_append_only BEFORE UPDATE OR DELETE ON event
     FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()`,
  `CREATE TRIGGER policy_is_immutable BEFORE UPDATE OR DELETE ON policy_version
     FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()`,
  `CREATE TRIGGER roster_is_immutable BEFORE UPDATE OR DELETE ON roster_version
     FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()`,
  `CREATE TABLE engine_heartbeat (
     instance       uuid PRIMARY KEY,
     at             timestamptz NOT NULL,
     oldest_overdue timestamptz
   )`,

  // --- least privilege: what the running service may do ----------------------------------------------------------
  // A server where the owner may not create roles gets the same grants by hand (docs/operations).
  `DO $$ BEGIN
     IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'jardam_app') THEN
       CREATE ROLE jardam_app NOLOGIN;
     END IF;
   EXCEPTION WHEN insufficient_privilege OR duplicate_object OR unique_violation THEN NULL; END $$`,
  `DO $$ BEGIN
     IF EXISTS (SELECT FROM pg_roles WHERE rolname = 'jardam_app') THEN
       GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO jardam_app;
       GRANT USAGE ON ALL SEQUENCES IN SCHEMA public TO jardam_app;
       REVOKE UPDATE, DELETE ON event, policy_version, roster_version, delivery_attempt, ack FROM jardam_app;
       GRANT UPDATE (finished_at, outcome, code) ON delivery_attempt TO jardam_app;
       REVOKE INSERT, UPDATE, DELETE ON schema_migration FROM jardam_app;
     END IF;
   END $$`,
  // A plain login may not grant; then the operator has made it a member, or it works as the owner and doctor says so.
  `DO $$ BEGIN
     IF EXISTS (SELECT FROM pg_roles WHERE rolname = 'jardam_app') THEN
       GRANT jardam_app TO CURRENT_USER;
     END IF;
   EXCEPTION WHEN insufficient_privilege THEN NULL; END $$`,
];
