import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { robotRole, toBase64url, toHex } from '@jardam/protocol';
import { shippedFile } from '../../src/cli/shipped-file.js';
import { Policies } from '../../src/escalation/policies.js';
import { loadPolicy } from '../../src/escalation/policy-schema.js';
import { DEFAULT_COALITION } from '../../src/platform/coalition.js';
import { readOrMakeKeyFile } from '../../src/platform/key-file.js';
import { Metrics } from '../../src/platform/metrics/metrics.js';
import { ContactBook } from '../../src/roster/contact-book.js';
import { enrolRobot } from '../../src/watching/synthetic/enrol-robot.js';
import { robotOf, WATCH_TIER, type Robot } from '../../src/watching/synthetic/robot.js';
import { testApp, type TestApp } from '../support/app.js';
import { nextRoster } from '../support/coalition.js';
import { request, signIn } from '../support/desk-client.js';
import { freePort } from '../e2e/support/service-process.js';
import { until } from '../support/ladder.js';
import { startSwitchReceiver, type SwitchReceiver } from '../support/outside-switch.js';
import { demoCoalition, publishRoster, type StoredCoalition } from '../support/stored-coalition.js';

describe('synthetic reports', () => {
  let folder: string;
  let app: TestApp;
  let coalition: StoredCoalition;
  let robot: Robot;
  let outside: SwitchReceiver;

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'jardam-robot-'));
    const [pagesPort, mailPort] = [await freePort(), await freePort()];
    outside = await startSwitchReceiver();
    app = await testApp({
      config: {
        instance: { dataDir: folder, publicUrl: `http://127.0.0.1:${pagesPort}` },
        http: { host: '127.0.0.1', port: pagesPort },
        // The service's mail goes to its own robot's door, over real SMTP. Everybody else has no mailbox there.
        mail: { host: '127.0.0.1', port: mailPort, security: 'none' },
        watching: { robot: true, robotIntervalMs: 5_000, robotMailPort: mailPort, heartbeatUrl: outside.url, heartbeatIntervalMs: 1_000 },
      },
    });
    coalition = await demoCoalition(app.database, { contacts: app.service.app.get(ContactBook), unreachable: ['osh'] });
    robot = robotOf(coalition.p, readOrMakeKeyFile(join(folder, 'keys', 'robot.key')));
  }, 60_000);

  afterAll(async () => {
    await app.stop();
    await outside.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  const outcomes = async (): Promise<string> => (await app.service.app.get(Metrics).text()).split('\n').filter((line) => line.startsWith('jardam_synthetic')).join('\n');
  const counted = (outcome: string, than = 0) =>
    until(`more than ${than} reports ${outcome}`, async () => Number(new RegExp(`outcome="${outcome}"} (\\d+)`).exec(await outcomes())?.[1] ?? 0) > than, 30_000);
  const reports = async () =>
    (
      await app.database.query<{ alert_id: Buffer; state: string; tiers: number[] }>(
        'SELECT alert_id, t.state, a.tiers FROM alert a JOIN alert_timer t USING (coalition_id, alert_id) ORDER BY a.received_at',
      )
    ).rows;

  it('fail loudly as long as no roster names the robot', async () => {
    await counted('not-rostered');
    const silentAt = outside.heard.length;
    await until('the audit to know', async () => (await app.service.app.get(Metrics).text()).includes('jardam_audit_findings{finding="synthetic-unanswered"} 1'));
    await new Promise((resolve) => setTimeout(resolve, 2_500));
    expect(outside.heard.length - silentAt).toBeLessThanOrEqual(1); // one may have been on its way
  });

  it('are answered by signature after the mail has arrived, and closed', async () => {
    const parts = { p: coalition.p, policies: app.service.app.get(Policies), contacts: app.service.app.get(ContactBook) };
    const policy = loadPolicy(shippedFile('config/policies/watch.yaml'));
    const enrolment = { robot, instanceId: coalition.instanceId, org: 'watch', mailDomain: 'watch.example.org', policy };
    expect(await app.database.transaction((tx) => enrolRobot(tx, parts, enrolment))).toBe('enrolled');
    expect(await app.database.transaction((tx) => enrolRobot(tx, parts, enrolment))).toBe('known');
    const roster = nextRoster(coalition, (body) => ({
      organisations: [...body.organisations, { id: 'watch', name: { en: 'Watch', ru: 'Watch', ky: 'Watch', uz: 'Watch', tg: 'Watch' } }],
      responders: [
        ...body.responders,
        {
          rid: toHex(robot.rid),
          org: 'watch',
          role: robotRole,
          tiers: [WATCH_TIER],
          sig_pk: toBase64url(robot.keys.signPk),
          kem_pk: toBase64url(robot.keys.kem.publicKey),
          status: 'active' as const,
          not_before: body.issued,
          not_after: body.not_after,
        },
      ],
    }));
    await app.database.transaction((tx) => publishRoster(tx, app.database, coalition, roster));

    await counted('answered');
    const [report] = await reports();
    expect(report).toMatchObject({ state: 'resolved', tiers: [WATCH_TIER] });
    const { rows } = await app.database.query<{ rid: string; sent_before: boolean }>(
      `SELECT encode(k.rid, 'hex') AS rid, EXISTS (SELECT FROM delivery d WHERE d.alert_id = k.alert_id AND d.purpose = 'notify' AND d.attempt > 0) AS sent_before
       FROM ack k WHERE k.alert_id = $1`,
      [report?.alert_id],
    );
    expect(rows).toEqual([{ rid: toHex(robot.rid), sent_before: true }]);
    const before = outside.heard.length;
    await until('a sign of life', () => outside.heard.length > before);
  });

  it('are in nobody’s queue, and leave the policy that defenders are offered alone', async () => {
    const desk = await signIn(app.url, coalition, coalition.people.coordinator);
    expect((await desk.get('/desk/alerts?closed=true')).json<{ alerts: unknown[] }>().alerts).toEqual([]);
    expect((await desk.get('/desk/alerts')).json<{ alerts: unknown[] }>().alerts).toEqual([]);
    expect((await request(app.url, 'GET', '/instance')).json<{ policy: { id: string } }>().policy.id).toBe(coalition.policy.body.id);
    expect((await app.service.app.get(Policies).current(app.database, DEFAULT_COALITION))?.policy.id).toBe(coalition.policy.body.id);
  });

  it('are missed when their mails do not arrive; nobody is called because of it, and it is seen when they do again', async () => {
    const answered = Number(/outcome="answered"} (\d+)/.exec(await outcomes())?.[1]);
    await app.database.query('UPDATE contact SET disabled_at = now() WHERE rid = $1', [Buffer.from(robot.rid)]);
    await counted('unanswered');
    await until('the report was closed by the robot', async () => (await reports()).some(({ state }) => state === 'false_alarm'));
    const told = await app.database.query(`SELECT FROM delivery WHERE purpose = 'unanswered' AND attempt > 0`);
    expect(told.rowCount).toBe(0);
    await app.database.query('UPDATE contact SET disabled_at = NULL WHERE rid = $1', [Buffer.from(robot.rid)]);
    await counted('answered', answered);
  }, 60_000);
});
