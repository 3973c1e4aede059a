/**
 * High availability, tried: three PostgreSQL servers under Patroni with a synchronous standby, the built service, and
 * defenders who go on reporting while the primary is killed, freezes, and is switched over for maintenance.
 *
 *   npm run test:ha
 *
 *   npm run test:ha -- --asynchronous   the counter-test: without a synchronous standby reports must get lost, and be missed
 *   npm run test:ha -- --keep           leaves configuration and logs behind
 *
 * Needs Debian's packages patroni, etcd-server and postgresql-15, installs nothing, listens on loopback only, and ends
 * what it started. Takes about three minutes.
 */
import { findPrograms, type Programs } from './programs.js';
import { Story } from './story.js';

const keepFiles = process.argv.includes('--keep');
const asynchronous = process.argv.includes('--asynchronous');

function say(line: string): void {
  process.stdout.write(`${line}\n`);
}

function programsOrExit(): Programs {
  try {
    return findPrograms();
  } catch (error) {
    say(String(error instanceof Error ? error.message : error));
    process.exit(2);
  }
}

const programs = programsOrExit();
const started = Date.now();
say(`etcd, Patroni and PostgreSQL are started from ${programs.postgresBin} and the path, on loopback; nothing is installed`);
const story = await Story.begin(programs, !asynchronous, say);
let failed = true;
try {
  if (asynchronous) {
    failed = (await story.powerLossWithoutSynchronousStandby()) === 0;
  } else {
    await story.powerLoss();
    await story.frozenPrimary();
    await story.switchover();
    await story.everythingIsThere();
    failed = false;
  }
} catch (error) {
  say(`FAILED: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`);
} finally {
  await story.end(keepFiles || failed);
}
say(`${failed ? 'FAILED' : 'passed'} after ${Math.round((Date.now() - started) / 1000)} s`);
process.exit(failed ? 1 : 0);
