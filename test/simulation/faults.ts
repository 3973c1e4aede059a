import { setTimeout as sleep } from 'node:timers/promises';
import type { LineFault } from '../support/fault-proxy.js';
import type { SinkBehaviour, SinkEvent } from '../support/mail-sink.js';
import { CHANNEL_FAULTS } from './channel-faults.js';
import type { Draw } from './draw.js';
import { leaseMs, type Instance, type Stage } from './stage.js';

/** Something that goes wrong, and is put right again before `strike` ends; what it broke for good is the service's to bear. */
export interface Fault {
  readonly name: string;
  /** Engines and database work through it, so the ladder has to keep its times. */
  readonly sparesEngine?: true;
  strike(stage: Stage, draw: Draw): Promise<void>;
}

const hourMs = 3_600_000;
/** How long a moment that a fault waits for may take to come; it may never come when another instance does all the work. */
const momentMs = 6_000;
const troubleMs = 2_500;

/** Every fault that the design lists. */
export const FAULTS: readonly Fault[] = [
  { name: 'SIGKILL before the claim of timers commits', strike: (stage) => killWhileWaitingFor(stage, 'tier_entry') },
  { name: 'SIGKILL after the claim of timers, before any attempt', strike: (stage) => killWhileWaitingFor(stage, 'delivery_attempt') },
  { name: 'SIGKILL after the attempt is on record', strike: (stage) => killAt(stage, 'recipient') },
  { name: 'SIGKILL when the provider has the message and has not answered', strike: (stage) => killAt(stage, 'data') },
  { name: 'SIGKILL when the provider accepted, before the outcome is written', strike: killBeforeFinalise },
  { name: 'SIGSTOP for longer than the lease', strike: stopBeyondLease },
  { name: 'pg_terminate_backend for every session', strike: terminateSessions },
  { name: 'PostgreSQL restarted', strike: (stage) => stage.restartServer('ordinary') },
  { name: 'PostgreSQL crashed', strike: (stage) => stage.restartServer('crash') },
  { name: 'notifications lost', strike: loseNotifications },
  { name: 'an old transaction holds back vacuum', strike: pinXmin },
  { name: 'every connection of the pool is busy', strike: fillPool },
  { name: 'the clock of the database goes forward by an hour', strike: (stage) => stage.moveClock(hourMs) },
  ...(['cut', 'reset', 'half-open'] as const).flatMap((kind) => [databaseLine({ kind }), mailLine({ kind })]),
  databaseLine({ kind: 'delay', ms: 300 }),
  mailLine({ kind: 'delay', ms: 300 }),
  mailServer('SMTP 421', { kind: 'refuse-connection', code: 421 }),
  mailServer('SMTP 450', { kind: 'refuse-recipient', code: 450 }),
  mailServer('SMTP 550', { kind: 'refuse-recipient', code: 550, only: 'osh@example.org' }),
  mailServer('mail taken, connection dropped', { kind: 'drop-after-data', accepts: true }),
  mailServer('mail not taken, connection dropped', { kind: 'drop-after-data', accepts: false }),
  mailServer('SMTP tarpit', { kind: 'tarpit', ms: 3_000 }),
  ...CHANNEL_FAULTS,
];

/** Takes over a minute, because the ladder stands still for one; only in long runs. */
export const SLOW_FAULTS: readonly Fault[] = [{ name: 'the clock of the database goes back by an hour', strike: (stage) => stage.moveClock(-hourMs) }];

async function killAndRestart(instances: readonly Instance[]): Promise<void> {
  await Promise.all(instances.map((instance) => instance.process.kill()));
  await Promise.all(instances.map((instance) => instance.restart()));
}

/** Holds a table so that whoever would write to it waits with its transaction open, and kills it there. */
async function killWhileWaitingFor(stage: Stage, table: string): Promise<void> {
  const holder = await stage.hold();
  try {
    await holder.query('BEGIN');
    await holder.query(`LOCK TABLE ${table} IN EXCLUSIVE MODE`);
    await untilSomebodyWaits(stage);
    // Any of them may be the one that waits.
    await Promise.all(stage.instances.map((instance) => instance.process.kill()));
  } finally {
    await holder.end();
  }
  await Promise.all(stage.instances.map((instance) => instance.restart()));
}

async function killAt(stage: Stage, what: SinkEvent['what']): Promise<void> {
  const instance = await firstThat(stage, what, (each) => process.kill(each.process.pid, 'SIGKILL'));
  if (instance) await killAndRestart([instance]);
}

async function killBeforeFinalise(stage: Stage): Promise<void> {
  const holder = await stage.hold();
  let instance: Instance | null;
  try {
    await holder.query('BEGIN');
    // Attempts begin without the alert's lock and end with it.
    await holder.query('SELECT FROM alert_timer FOR UPDATE');
    instance = await firstThat(stage, 'accepted', () => undefined);
    await untilSomebodyWaits(stage);
    await instance?.process.kill();
  } finally {
    await holder.end();
  }
  await instance?.restart();
}

async function stopBeyondLease(stage: Stage): Promise<void> {
  const instance = await firstThat(stage, 'recipient', (each) => process.kill(each.process.pid, 'SIGSTOP'));
  if (!instance) return;
  await sleep(leaseMs + 1_500);
  process.kill(instance.process.pid, 'SIGCONT');
}

async function terminateSessions(stage: Stage, draw: Draw): Promise<void> {
  for (let times = 1 + draw.below(4); times > 0; times--) {
    await stage.asOwner((owner) => owner.query(`SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name LIKE 'jardam%'`));
    await sleep(draw.below(700));
  }
}

async function loseNotifications(stage: Stage): Promise<void> {
  for (const { databaseLine: line } of stage.instances) line.behave({ kind: 'half-open' }, 'jardam-listen');
  await sleep(troubleMs);
  for (const { databaseLine: line } of stage.instances) line.behave({ kind: 'none' });
}

async function pinXmin(stage: Stage): Promise<void> {
  const old = await stage.hold();
  await old.query('BEGIN ISOLATION LEVEL REPEATABLE READ');
  await old.query('SELECT count(*) FROM alert_timer');
  await sleep(2 * troubleMs);
  await old.end();
}

async function fillPool(stage: Stage): Promise<void> {
  const holder = await stage.hold();
  await holder.query('BEGIN');
  await holder.query('SELECT FROM alert_timer FOR UPDATE');
  await sleep(troubleMs);
  await holder.end();
}

function databaseLine(fault: LineFault): Fault {
  return lineFault(`line to the database: ${fault.kind}`, fault, (instance) => instance.databaseLine);
}

function mailLine(fault: LineFault): Fault {
  return { ...lineFault(`line to the mail server: ${fault.kind}`, fault, (instance) => instance.mailLine), sparesEngine: true };
}

function lineFault(name: string, fault: LineFault, lineOf: (instance: Instance) => Instance['databaseLine']): Fault {
  return {
    name,
    async strike(stage, draw) {
      const struck = draw.some(stage.instances).map(lineOf);
      for (const line of struck) line.behave(fault);
      await sleep(troubleMs);
      for (const line of struck) line.behave({ kind: 'none' });
    },
  };
}

function mailServer(name: string, behaviour: SinkBehaviour): Fault {
  return {
    name,
    sparesEngine: true,
    async strike(stage) {
      for (const { mail } of stage.instances) mail.behave(behaviour);
      await sleep(troubleMs);
      for (const { mail } of stage.instances) mail.behave({ kind: 'accept' });
    },
  };
}

/** The instance at whose mail server `what` happens first, after `act` was done at that very moment; null when nothing came. */
function firstThat(stage: Stage, what: SinkEvent['what'], act: (instance: Instance) => void): Promise<Instance | null> {
  return new Promise((resolve) => {
    let over = false;
    for (const instance of stage.instances) {
      instance.mail.once(what, () => {
        if (over) return;
        over = true;
        act(instance);
        resolve(instance);
      });
    }
    setTimeout(() => {
      over = true;
      resolve(null);
    }, momentMs).unref();
  });
}

async function untilSomebodyWaits(stage: Stage): Promise<void> {
  const deadline = Date.now() + momentMs;
  while (Date.now() < deadline) {
    const waiting = await stage.asOwner((owner) => owner.query(`SELECT FROM pg_locks WHERE NOT granted`));
    if ((waiting.rowCount ?? 0) > 0) return;
    await sleep(50);
  }
}
