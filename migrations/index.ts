import type { MigrationInterface } from 'typeorm';
import { FirstSchema1700000000001 } from './0001-first-schema.js';
import { ArmedPackets1700000000002 } from './0002-armed-packets.js';
import { Telegram1700000000003 } from './0003-telegram.js';
import { Rota1700000000004 } from './0004-rota.js';
import { Channels1700000000005 } from './0005-channels.js';
import { Watching1700000000006 } from './0006-watching.js';
import { QuietHours1700000000007 } from './0007-quiet-hours.js';
import { LateEntries1700000000008 } from './0008-late-entries.js';

/**
 * Every migration in the order of execution. Listed by hand, because finding them by file name differs between the
 * sources, the build and a test runner, and a migration that is silently not found is the worst kind.
 */
export const migrations: readonly (new () => MigrationInterface)[] = [
  FirstSchema1700000000001,
  ArmedPackets1700000000002,
  Telegram1700000000003,
  Rota1700000000004,
  Channels1700000000005,
  Watching1700000000006,
  QuietHours1700000000007,
  LateEntries1700000000008,
];
