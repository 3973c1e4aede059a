import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { sealAlert, type SealedAlert } from '../support/sealed-alert.js';
import { entriesOf, eventually, post, postUntilConfirmed, sendRecords, sentTooOften } from './support/alerts.js';
import { startWorld, type World } from './support/world.js';

const leaseMs = 2_000;

describe('the server is killed with SIGKILL and started again', () => {
  let world: World;

  beforeEach(async () => {
    world = await startWorld({ stepMs: 1_500, environment: { JARDAM_ENGINE_SEND_LEASE_MS: String(leaseMs) } });
  }, 60_000);

  afterEach(async () => {
    await world.stop();
  });

  const panic = (): SealedAlert => sealAlert(world.coalition, { severity: 'S1', t: 'panic' });

  /** The whole ladder, each tier once and in order, until the EU Delegation. */
  async function climbsTheWholeLadder(alert: SealedAlert): Promise<void> {
    const entries = await eventually(
      () => entriesOf(world.database, alert),
      (all) => all.some(({ tier }) => tier === 5),
      30_000,
    );
    const climbed = entries.filter(({ outcome, loop }) => outcome !== 'not_consented' && loop === 0).map(({ tier }) => tier);
    expect(climbed).toEqual([1, 2, 3, 4, 5]);
  }

  it('while an alert waits for its commit: the page never heard "received", sends again, and it is there once', async () => {
    const alert = panic();
    const release = await holdTable(world.databaseUrl, 'envelope');
    const first = post(world.url, alert);
    await waitsForLock(world);
    await world.service().kill();
    expect(await first).toBeNull();
    await release();
    await world.restart();

    // PostgreSQL finishes a statement whose client is gone: the alert may be there already (200) or not (201).
    expect([200, 201]).toContain(await postUntilConfirmed(world.url, alert));
    expect(await storedIds(world)).toEqual([alert.alertIdHex]);
    await world.mail.waitFor(({ to }) => to === world.coalition.people.osh.email);
    await climbsTheWholeLadder(alert);
    expect(sentTooOften(await sendRecords(world.database), world.mail.mails)).toEqual([]);
  });

  it('at random moments of a busy intake: everything that was confirmed is there, nothing is there twice', async () => {
    const alerts = Array.from({ length: 24 }, panic);
    const confirmed = new Set<SealedAlert>();
    for (const afterMs of [15, 45, 90]) {
      const posting = alerts.map(async (alert) => {
        const answer = await post(world.url, alert);
        if (answer?.status === 201 || answer?.status === 200) confirmed.add(alert);
      });
      await sleep(afterMs);
      await world.service().kill();
      await Promise.all(posting);
      await world.restart();
      expect(await storedIds(world)).toEqual(expect.arrayContaining([...confirmed].map(({ alertIdHex }) => alertIdHex)));
    }
    for (const alert of alerts) await postUntilConfirmed(world.url, alert);
    expect((await storedIds(world)).sort()).toEqual(alerts.map(({ alertIdHex }) => alertIdHex).sort());
    for (const alert of alerts) await climbsTheWholeLadder(alert);
    expect(sentTooOften(await sendRecords(world.database), world.mail.mails)).toEqual([]);
  }, 120_000);

  it('in the middle of a tick, with timers claimed and nothing written: no tier is skipped', async () => {
    const alert = panic();
    await postUntilConfirmed(world.url, alert);
    await world.mail.waitFor(({ to }) => to === world.coalition.people.osh.email);
    const release = await holdTable(world.databaseUrl, 'tier_entry');
    await waitsForLock(world);
    await world.service().kill();
    await release();
    await world.restart();

    await climbsTheWholeLadder(alert);
    expect(sentTooOften(await sendRecords(world.database), world.mail.mails)).toEqual([]);
  });

  it.each([
    ['the connection is made', 'connect', 1],
    ['the recipient is named', 'recipient', 1],
    ['the message has arrived, its answer not', 'data', 2],
  ] as const)('while sending, when %s: the message is sent again after the lease', async (_moment, what, most) => {
    const killed = new Promise<void>((resolve) => {
      world.mail.once(what, () => void world.service().kill().then(resolve));
    });
    const alert = panic();
    await post(world.url, alert);
    await killed;
    await world.restart();
    await postUntilConfirmed(world.url, alert);

    const toOsh = (): number => world.mail.mails.filter(({ to }) => to === world.coalition.people.osh.email).length;
    await world.mail.waitFor(({ to, at }) => to === world.coalition.people.osh.email && at > 0, leaseMs + 10_000);
    await climbsTheWholeLadder(alert);
    await eventually(
      async () => (await sendRecords(world.database)).filter(({ state }) => state === 'sending' || state === 'pending'),
      (open) => open.length === 0,
      leaseMs + 15_000,
    );
    expect(toOsh()).toBeGreaterThanOrEqual(1);
    expect(toOsh()).toBeLessThanOrEqual(most);
    expect(sentTooOften(await sendRecords(world.database), world.mail.mails)).toEqual([]);
  }, 90_000);
});

/** Holds a table so that every statement that writes to it waits; returns what lets it go. */
async function holdTable(databaseUrl: string, table: string): Promise<() => Promise<void>> {
  const client = new pg.Client({ connectionString: databaseUrl });
  await client.connect();
  client.on('error', () => undefined); // a failed test drops the database under it
  await client.query('BEGIN');
  await client.query(`LOCK TABLE ${table} IN EXCLUSIVE MODE`);
  return async () => {
    await client.query('ROLLBACK');
    await client.end();
  };
}

/** Until some session of the service waits for that lock. */
async function waitsForLock(world: World): Promise<void> {
  const waiting = `SELECT 1 FROM pg_locks
                   WHERE NOT granted AND database = (SELECT oid FROM pg_database WHERE datname = current_database())`;
  await eventually(
    async () => (await world.database.query(waiting)).rowCount,
    (sessions) => sessions > 0,
  );
}

async function storedIds(world: World): Promise<string[]> {
  const { rows } = await world.database.query<{ id: string }>(`SELECT encode(alert_id, 'hex') AS id FROM alert`);
  return rows.map(({ id }) => id);
}
