import type { MigrationInterface, QueryRunner } from 'typeorm';

/** How much later than promised a critical alert entered a tier: what it still has to make up for. */
export class LateEntries1700000000008 implements MigrationInterface {
  name = 'LateEntries1700000000008';

  async up(runner: QueryRunner): Promise<void> {
    // Milliseconds, not a time: a clock that is put right moves the entry, and the span stays what it is.
    await runner.query('ALTER TABLE tier_entry ADD COLUMN late_ms bigint NOT NULL DEFAULT 0 CHECK (late_ms >= 0)');
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('ALTER TABLE tier_entry DROP COLUMN late_ms');
  }
}
