import type { MigrationInterface, QueryRunner } from 'typeorm';

/** A critical alert that is late gives its tiers less time than the ladder says; how much is kept with the entry. */
export class ShortenedWaits1700000000008 implements MigrationInterface {
  name = 'ShortenedWaits1700000000008';

  async up(runner: QueryRunner): Promise<void> {
    // Milliseconds, not a time: a clock that is put right moves the entry, and the span stays what it is.
    await runner.query('ALTER TABLE tier_entry ADD COLUMN wait_ms bigint CHECK (wait_ms > 0)');
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('ALTER TABLE tier_entry DROP COLUMN wait_ms');
  }
}
