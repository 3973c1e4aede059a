import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { ContactBook } from '../../src/roster/contact-book.js';
import { audit } from '../../src/watching/audit.js';
import { testApp, type TestApp } from '../support/app.js';
import { Defender } from '../support/defender.js';
import { until } from '../support/ladder.js';
import { startMailSink, type MailSink } from '../support/mail-sink.js';
import { startSwitchReceiver, type SwitchReceiver } from '../support/outside-switch.js';
import { sealAlert, type SealedAlert } from '../support/sealed-alert.js';
import { demoCoalition, type StoredCoalition } from '../support/stored-coalition.js';

/** The engine looks back a minute only, and sweeps rarely in this test: what is planted further back stays unseen by it. */
const sweepIntervalMs = 600_000;

describe('the watch over the engine', () => {
  let app: TestApp;
  let mail: MailSink;
  let outside: SwitchReceiver;
  let coalition: StoredCoalition;

  beforeAll(async () => {
    mail = await startMailSink();
    outside = await startSwitchReceiver();
    app = await testApp({
      config: {
        engine: { sweepIntervalMs },
        mail: { host: '127.0.0.1', port: mail.port, security: 'none' },
        watching: { heartbeatUrl: outside.url, heartbeatIntervalMs: 1_000 },
      },
    });
    coalition = await demoCoalition(app.database, { contacts: app.service.app.get(ContactBook) });
  }, 60_000);

  afterAll(async () => {
    await app.stop();
    await outside.stop();
    await mail.stop();
  });

  const heardMore = (than: number) => until('another sign of life', () => outside.heard.length > than);
  const finding = (reason: string | undefined) =>
    until(reason ?? 'nothing found', async () => {
      const { checks } = (await (await fetch(`${app.url}/health/ready`)).json()) as { checks: { watching: { ok: boolean; reason?: string } } };
      return checks.watching.reason === reason;
    });
  const report = async (): Promise<SealedAlert> => {
    const alert = sealAlert(coalition, { severity: 'S1', t: 'panic' });
    expect((await new Defender(app.url).send(alert.submission)).status).toBe(201);
    return alert;
  };
  const change = (alert: SealedAlert, what: string) => app.database.query(`UPDATE alert_timer SET ${what} WHERE alert_id = $1`, [Buffer.from(alert.alertId)]);
  /** Silence is asserted over several intervals' worth of audits, counted by the audits themselves. */
  const expectSilence = async (): Promise<void> => {
    const before = outside.heard.length;
    await new Promise((resolve) => setTimeout(resolve, 3_000));
    expect(outside.heard.length).toBe(before);
  };

  it('tells the switch outside that nothing is overdue, and says nothing else', async () => {
    await heardMore(1);
    expect(outside.heard[0]).toEqual({ method: 'GET', path: '/ping/0123-4567', bytes: 0 });
    expect(app.log.join('\n')).not.toContain('0123-4567');
  });

  it('falls silent over an alert that the engine lost sight of, and speaks again when it has been dealt with', async () => {
    const alert = await report();
    await change(alert, `due_at = now() - interval '10 minutes'`);
    await finding('alerts-overdue');
    await expectSilence();
    const before = outside.heard.length;
    await change(alert, `due_at = now() + interval '10 minutes'`);
    await heardMore(before);
    await finding(undefined);
  });

  it('falls silent over an alert that cannot be decided, although that is put off again and again', async () => {
    const alert = await report();
    await change(alert, 'policy_version_id = -1, due_at = now()');
    await finding('alert-put-off');
    await expectSilence();
    await app.database.query('DELETE FROM alert WHERE alert_id = $1', [Buffer.from(alert.alertId)]);
    const before = outside.heard.length;
    await app.database.query('UPDATE engine_heartbeat SET put_off_at = NULL');
    await heardMore(before);
  });

  it('falls silent over a clock that went back', async () => {
    await app.database.query(`INSERT INTO engine_heartbeat (instance, at) VALUES (gen_random_uuid(), now() + interval '1 hour')`);
    await finding('clock-went-back');
    await expectSilence();
    await app.database.query('DELETE FROM engine_heartbeat WHERE at > now()');
    await finding(undefined);
  });

  it('shows when the switch does not take the sign of life', async () => {
    outside.answer(503);
    await finding('outside-switch-refused');
    outside.answer(200);
    await finding(undefined);
  });
});

describe('the audit, when no engine runs at all', () => {
  it('finds what nobody does: timers, messages, leases of senders that are gone', async () => {
    const app = await testApp({ config: { instance: { roles: ['http'] } } });
    try {
      const coalition = await demoCoalition(app.database, { contacts: app.service.app.get(ContactBook) });
      expect((await audit(app.database)).findings).toEqual(['engine-silent']);
      const alert = sealAlert(coalition, { severity: 'S1', t: 'panic' });
      await new Defender(app.url).send(alert.submission);
      expect((await audit(app.database)).findings).toEqual(['engine-silent']);
      await app.database.query(`UPDATE delivery SET next_at = now() - interval '10 minutes'`);
      expect((await audit(app.database)).findings).toEqual(['engine-silent', 'messages-waiting']);
      await app.database.query(`UPDATE delivery SET state = 'sending', lease_until = now() - interval '10 minutes'`);
      expect((await audit(app.database)).findings).toEqual(['engine-silent', 'messages-abandoned']);
      await app.database.query(`UPDATE alert_timer SET due_at = now() - interval '10 minutes'`);
      expect((await audit(app.database)).findings).toEqual(['engine-silent', 'alerts-overdue', 'messages-abandoned']);
    } finally {
      await app.stop();
    }
  }, 60_000);
});

describe('how far back vacuum has to look', () => {
  it('is known to the service although it may not see other sessions', async () => {
    const app = await testApp();
    try {
      const look = () => app.database.query<{ age_transactions: number; oldest_seconds: number }>('SELECT * FROM vacuum_horizon()');
      await app.database.transaction(async (tx) => {
        await tx.query('SELECT pg_current_xact_id()');
        for (let i = 0; i < 5; i++) await app.database.query('SELECT pg_current_xact_id()');
        const { rows } = await look();
        expect(rows[0]?.age_transactions).toBeGreaterThanOrEqual(5);
        expect(rows[0]?.oldest_seconds).toBeGreaterThan(0);
      });
    } finally {
      await app.stop();
    }
  }, 60_000);
});
