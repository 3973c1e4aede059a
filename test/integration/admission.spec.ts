import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { testApp, type TestApp } from '../support/app.js';
import { Defender, solve, withAdmission, type Challenge } from '../support/defender.js';
import { sealAlert } from '../support/sealed-alert.js';
import { demoCoalition, type StoredCoalition } from '../support/stored-coalition.js';

/** Small enough that four hundred solutions take seconds here; everything else is as delivered. */
const maxBits = 8;

describe('many reports at once', () => {
  let dataDir: string;
  let app: TestApp;
  let coalition: StoredCoalition;
  let defender: Defender;
  const apps: TestApp[] = [];

  /** Another instance: same database, same key files. */
  async function start(databaseUrl?: string): Promise<TestApp> {
    const started = await testApp({
      ...(databaseUrl === undefined ? {} : { databaseUrl }),
      config: { instance: { roles: ['http'], dataDir }, admission: { maxBits } },
    });
    apps.push(started);
    return started;
  }

  beforeEach(async () => {
    dataDir = mkdtempSync(join(tmpdir(), 'jardam-admission-'));
    app = await start();
    coalition = await demoCoalition(app.database);
    defender = new Defender(app.url);
  });
  afterEach(async () => {
    for (const each of apps.splice(0).reverse()) await each.stop();
    rmSync(dataDir, { recursive: true, force: true });
  });

  const challenge = async (of = defender): Promise<Challenge> => (await of.ask('GET', '/admission')).json as unknown as Challenge;
  const stored = async (): Promise<number> =>
    (await app.database.query<{ n: number }>('SELECT count(*) AS n FROM alert')).rows[0]?.n ?? 0;
  /** As if so many reports had come in a moment ago, and the count had been taken. */
  const busy = async (reports: number): Promise<void> => {
    await app.database.query(
      `INSERT INTO alert (coalition_id, alert_id, tag, severity, policy_version_id, roster_version, sender_pk, mailbox_hash, tiers)
       SELECT 1, substring(sha256(n::text::bytea) FOR 16), sha256(n::text::bytea), 3, 1, 1, sha256(n::text::bytea), sha256(n::text::bytea), '{1}'
       FROM generate_series(1, $1::int) AS n`,
      [reports],
    );
    await new Promise((resolve) => setTimeout(resolve, 1_100)); // the age that a count may have
  };
  const flood = async (count: number): Promise<void> => {
    await Promise.all(Array.from({ length: count }, () => defender.send(sealAlert(coalition, { severity: 'S3', gated: [] }).submission)));
  };

  it('thirty people behind one address all get through within ten minutes, without any work', async () => {
    const replies = [];
    for (let person = 0; person < 30; person++) replies.push(await defender.sendWorking(coalition, { severity: 'S2' }));
    expect(replies.map(({ reply, bits }) => [reply.status, bits])).toEqual(Array(30).fill([201, 0]));
  });

  it('four hundred hoaxes that do no work end where the free reports end', async () => {
    const statuses = [];
    for (let round = 0; round < 20; round++) {
      const replies = await Promise.all(Array.from({ length: 20 }, () => defender.send(sealAlert(coalition, { severity: 'S3', gated: [] }).submission)));
      statuses.push(...replies.map(({ status }) => status));
    }
    const through = statuses.filter((status) => status === 201).length;
    expect(new Set(statuses)).toEqual(new Set([201, 429]));
    // 60 are free, 15 more cost no work that a lucky guess would not do, one step is tolerated; a round of 20 may
    // overshoot, because it is decided before its own reports are written.
    expect(through).toBeGreaterThanOrEqual(60);
    expect(through).toBeLessThanOrEqual(60 + 2 * 15 + 20);
  }, 60_000);

  it('four hundred hoaxes that do work find it ever harder, while one person still gets in', async () => {
    const climb: number[] = [];
    for (let sent = 0; sent < 400; sent += 10) {
      const replies = await Promise.all(Array.from({ length: 10 }, () => defender.sendWorking(coalition, { severity: 'S3', gated: [] })));
      climb.push(Math.max(...replies.map(({ bits }) => bits)));
    }
    expect(climb[0]).toBe(0);
    expect([...climb].sort((a, b) => a - b)).toEqual(climb);
    expect(climb.at(-1)).toBe(maxBits);
    const person = await defender.sendWorking(coalition, { severity: 'S2' });
    expect(person.reply.status).toBe(201);
    expect(person.attempts).toBeLessThanOrEqual(2);
  }, 120_000);

  it('somebody whose life is in danger is never asked for work, whatever else comes in', async () => {
    await busy(300);
    expect((await challenge()).bits).toBe(maxBits);
    const { status } = await defender.send(sealAlert(coalition, { severity: 'S1' }).submission);
    expect(status).toBe(201);
  }, 60_000);

  it('S1 does not make it harder for the others', async () => {
    for (let n = 0; n < 5; n++) await Promise.all(Array.from({ length: 20 }, () => defender.send(sealAlert(coalition, { severity: 'S1', gated: [] }).submission)));
    expect(await stored()).toBe(100);
    expect((await challenge()).bits).toBe(0);
  }, 60_000);

  it('the refusal brings the challenge along, and says what to do', async () => {
    await busy(150);
    const alert = sealAlert(coalition, { severity: 'S3' });
    const refused = await defender.send(alert.submission);
    expect(refused).toMatchObject({ status: 429, json: { code: 'admission-required', admission: { bits: expect.any(Number) } } });
    const admission = await solve(coalition, alert, refused.json['admission'] as Challenge);
    expect((await defender.send(withAdmission(alert, admission))).status).toBe(201);
  }, 60_000);

  it('a solved challenge admits one report: for the next it has to be solved again', async () => {
    await busy(300);
    const given = await challenge();
    expect(given.bits).toBe(maxBits);
    const first = sealAlert(coalition, { severity: 'S3' });
    const admission = await solve(coalition, first, given);
    expect((await defender.send(withAdmission(first, admission))).status).toBe(201);
    // The solution fits another id by chance once in 2^8: of eight others at most a few slip through, never most.
    const others = await Promise.all(Array.from({ length: 8 }, () => defender.send(withAdmission(sealAlert(coalition, { severity: 'S3' }), admission))));
    expect(others.filter(({ status }) => status === 429).length).toBeGreaterThanOrEqual(6);
  }, 60_000);

  it('a report that was let in is answered again without work, when its answer was lost', async () => {
    const alert = sealAlert(coalition, { severity: 'S3' });
    expect((await defender.send(alert.submission)).status).toBe(201);
    await busy(300);
    expect((await defender.send(alert.submission)).status).toBe(200);
  }, 60_000);

  it('instances share the measure and understand each other’s challenges', async () => {
    const second = new Defender((await start(app.databaseUrl)).url);
    await busy(150);
    const given = await challenge();
    expect((await challenge(second)).bits).toBe(given.bits);
    const alert = sealAlert(coalition, { severity: 'S3' });
    const refused = await second.send(alert.submission);
    expect(refused.status).toBe(429);
    expect((await second.send(withAdmission(alert, await solve(coalition, alert, given)))).status).toBe(201);
  }, 60_000);

  it('stores and logs no address of anybody', async () => {
    await flood(3);
    const { rows } = await app.database.query<{ columns: string }>(
      `SELECT string_agg(column_name, ' ') AS columns FROM information_schema.columns WHERE table_name IN ('alert', 'envelope', 'receipt')`,
    );
    expect(rows[0]?.columns).not.toMatch(/ip|addr|agent|host/);
    expect(app.log.join('\n')).not.toMatch(/127\.0\.0\.1|::1|undici|node/);
  });
});
