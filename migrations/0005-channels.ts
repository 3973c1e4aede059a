import type { MigrationInterface, QueryRunner } from 'typeorm';

/** What more than one channel needs: rate limits, proof of contacts, and results of tests. */
export class Channels1700000000005 implements MigrationInterface {
  name = 'Channels1700000000005';

  async up(runner: QueryRunner): Promise<void> {
    for (const statement of STATEMENTS) await runner.query(statement);
  }

  async down(): Promise<void> {
    // Proofs of addresses would be lost, and with them who can be reached.
    return Promise.reject(new Error('the channels cannot be taken back: restore a backup taken before them'));
  }
}

const STATEMENTS: readonly string[] = [
  // Whom a breaker is about: the channel, or for addresses that each lead to a server of their own a keyed hash of the
  // server's name. Null for contacts from before: their provider is their channel.
  `ALTER TABLE contact ADD COLUMN provider text,
     ADD COLUMN tested_at timestamptz,
     ADD COLUMN test_outcome text CHECK (test_outcome IN ('accepted', 'refused', 'retry', 'ambiguous', 'rate_limited')),
     ADD COLUMN test_code text,
     ADD CHECK ((tested_at IS NULL) = (test_outcome IS NULL))`,
  // A provider that says "not before" is obeyed, and that costs the message none of its attempts.
  `ALTER TABLE delivery_attempt DROP CONSTRAINT delivery_attempt_outcome_check`,
  `ALTER TABLE delivery_attempt ADD CONSTRAINT delivery_attempt_outcome_check
     CHECK (outcome IN ('accepted', 'refused', 'retry', 'ambiguous', 'rate_limited'))`,
  // One open proof for each contact: a code that was sent there, of which only a keyed hash is kept.
  `CREATE TABLE contact_proof (
     coalition_id int NOT NULL,
     contact_id   uuid NOT NULL,
     code_mac     bytea NOT NULL CHECK (octet_length(code_mac) = 32),
     tries        smallint NOT NULL DEFAULT 0,
     sent_at      timestamptz NOT NULL DEFAULT now(),
     expires_at   timestamptz NOT NULL,
     PRIMARY KEY (coalition_id, contact_id),
     FOREIGN KEY (coalition_id, contact_id) REFERENCES contact ON DELETE CASCADE
   )`,
  // A contact whose address is learnt only when its person comes with the token, as from a Telegram account.
  `CREATE TABLE contact_link (
     coalition_id int NOT NULL REFERENCES coalition,
     token_hash   bytea NOT NULL CHECK (octet_length(token_hash) = 32),
     channel      text NOT NULL,
     rid          bytea CHECK (octet_length(rid) = 16),
     purpose      text NOT NULL CHECK (purpose IN ('responder', 'duty_desk', 'operator')),
     lang         text NOT NULL CHECK (lang IN ('ky', 'ru', 'uz', 'tg', 'en')),
     priority     smallint NOT NULL,
     expires_at   timestamptz NOT NULL,
     PRIMARY KEY (coalition_id, token_hash),
     CHECK ((purpose = 'responder') = (rid IS NOT NULL))
   )`,
  `DO $$ BEGIN
     IF EXISTS (SELECT FROM pg_roles WHERE rolname = 'jardam_app') THEN
       GRANT SELECT, INSERT, UPDATE, DELETE ON contact_proof, contact_link TO jardam_app;
     END IF;
   END $$`,
];
