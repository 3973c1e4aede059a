import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { Settlement } from '../../src/delivery/settle.js';
import { OnCall } from '../../src/escalation/on-call.js';
import { ContactBook } from '../../src/roster/contact-book.js';
import { testApp, type TestApp } from '../support/app.js';
import { TIER, type PersonName } from '../support/coalition.js';
import { signIn, submit } from '../support/desk-client.js';
import { attemptsOf, deliveriesOf, sendingTo, until, viewOf, type StoredDelivery } from '../support/ladder.js';
import { startMailSink, type MailSink } from '../support/mail-sink.js';
import { sealAlert, type AlertOptions, type SealedAlert } from '../support/sealed-alert.js';
import { demoCoalition, type StoredCoalition } from '../support/stored-coalition.js';

describe('a message on its way', () => {
  let sink: MailSink;
  let app: TestApp;
  let coalition: StoredCoalition;

  beforeAll(async () => {
    sink = await startMailSink();
    app = await testApp({ config: sendingTo(sink.port, { leaseMs: 8_000, sendTimeoutMs: 6_000 }) });
    coalition = await demoCoalition(app.database, { contacts: app.service.app.get(ContactBook) });
  });
  afterEach(async () => {
    sink.behave({ kind: 'accept' });
    // Every story begins with all contacts in order, and leaves nothing behind that could still send.
    await app.database.query(`UPDATE contact SET disabled_at = NULL, disabled_reason = NULL`);
    await app.database.query(`DELETE FROM contact WHERE priority > 1`);
    await app.database.query(`UPDATE alert_timer SET due_at = now() + interval '1 day' WHERE due_at IS NOT NULL`);
    await app.database.query(`UPDATE delivery SET state = 'cancelled' WHERE state IN ('pending', 'failed')`);
    await app.database.query(`SELECT pg_notify('jardam_roster', '')`);
    await until('the first tier can be reached again', () => isReachable(TIER.T1));
  });
  afterAll(async () => {
    await app.stop();
    await sink.stop();
  });

  /** What the intake, which keeps the contacts in memory, knows about a tier. */
  async function isReachable(tier: number): Promise<boolean> {
    return (await app.service.app.get(OnCall).reachable(1)).byTier.has(tier);
  }

  const addressOf = (name: PersonName): string => coalition.people[name].email;

  async function send(options: AlertOptions = {}): Promise<SealedAlert> {
    const alert = sealAlert(coalition, options);
    await submit(app.url, alert);
    return alert;
  }

  async function first(alert: SealedAlert): Promise<StoredDelivery> {
    const [delivery] = await deliveriesOf(app.database, alert.alertId);
    if (!delivery) throw new Error('nothing was queued');
    return delivery;
  }

  const copiesOf = (delivery: StoredDelivery): number => sink.mails.filter(({ messageId }) => messageId.startsWith(`<${delivery.delivery_id}@`)).length;

  async function secondContact(name: PersonName, address: string): Promise<void> {
    const { rid, lang } = coalition.people[name];
    await app.database.transaction((tx) => coalition.contacts.add(tx, { purpose: 'responder', rid, channel: 'email', address, lang, priority: 2, verified: true }));
  }

  it('is on record before it leaves, and in the ledger after it was accepted', async () => {
    let seenAttempt: unknown;
    sink.once('recipient', () => {
      void app.database.query(`SELECT attempt, outcome FROM delivery_attempt ORDER BY started_at DESC LIMIT 1`).then(({ rows }) => (seenAttempt = rows[0]));
    });
    const alert = await send();
    const delivery = await until('the mail was accepted', async () => ((await first(alert)).state === 'sent' ? first(alert) : null));
    expect(seenAttempt).toMatchObject({ attempt: 1 });
    expect(await attemptsOf(app.database, delivery.delivery_id)).toEqual([{ attempt: 1, outcome: 'accepted', code: 'smtp-250' }]);
    const events = (await viewOf(app, alert.alertId)).events;
    expect(events.filter(({ type }) => type === 'NOTIFY')).toEqual([
      expect.objectContaining({ tier: TIER.T1, detail: { gen: 1, purpose: 'notify', channel: 'email', rid: coalition.people.osh.ridHex, org: 'partner-osh' } }),
    ]);
  });

  it('is taken up when the alert comes in, without waiting for the next look', async () => {
    const lookMs = 10_000;
    const patient = await testApp({ config: sendingTo(sink.port, { tickIntervalMs: lookMs }) });
    try {
      const there = await demoCoalition(patient.database, { contacts: patient.service.app.get(ContactBook) });
      // From the start of the accepting transaction to the start of the attempt, both by the database's clock.
      const taken = async (): Promise<number[]> => {
        const { rows } = await patient.database.query<{ ms: number }>(
          `SELECT extract(epoch FROM t.started_at - a.received_at)::float8 * 1000 AS ms
           FROM alert a JOIN delivery d USING (coalition_id, alert_id) JOIN delivery_attempt t USING (coalition_id, delivery_id)
           WHERE t.attempt = 1 AND d.state = 'sent' ORDER BY ms`,
        );
        return rows.map(({ ms }) => ms);
      };
      for (let round = 1; round <= 5; round++) {
        await submit(patient.url, sealAlert(there));
        // Whoever has sent one looks for more: the next one comes in when that is over.
        await until('it was sent', async () => (await taken()).length === round);
      }
      // A look that found one would leave the next one to wait a whole interval. How fast it is, the bench tells.
      expect((await taken())[2]).toBeLessThan(lookMs / 2);
    } finally {
      await patient.stop();
    }
  });

  it('refused for good (550): the contact is switched off, and the next contact of the same person is told', async () => {
    await secondContact('osh', 'osh-second@example.org');
    sink.behave({ kind: 'refuse-recipient', code: 550, only: addressOf('osh') });
    const alert = await send();
    await sink.waitFor(({ to }) => to === 'osh-second@example.org');
    // On a busy machine the first answer may come after the short patience of this test: then the second contact is
    // told first, and the refusal is learnt with the repetition.
    await until('the first contact is given up', async () => (await first(alert)).state === 'dead');
    const { rows } = await app.database.query('SELECT disabled_reason FROM contact WHERE contact_id = $1', [coalition.contactIds.get('osh')]);
    expect(rows).toEqual([{ disabled_reason: 'smtp-550' }]);
    await until('the tier counts as told', async () => (await viewOf(app, alert.alertId)).tiers[0]?.sent === 1);
  });

  it('refused for good with no other contact: the next tier at once, and the first is "not reached", never "informed"', async () => {
    sink.behave({ kind: 'refuse-recipient', code: 550, only: addressOf('osh') });
    const alert = await send();
    await until('the next tier is told', async () => (await deliveriesOf(app.database, alert.alertId)).filter(({ tier, state }) => tier === TIER.T1b && state === 'sent').length === 2);
    const view = await viewOf(app, alert.alertId);
    expect(view.tiers[0]).toMatchObject({ status: 'not_reached', reason: 'all_refused', sent: 0, of: 1 });
    expect(view.events.find(({ type }) => type === 'UNREACHABLE')).toMatchObject({ tier: TIER.T1, detail: { reason: 'all_refused' } });
  });

  it('nobody of a tier has a working contact: the next tier is entered when the alert comes in', async () => {
    await app.database.transaction((tx) => coalition.contacts.disable(tx, 1, coalition.contactIds.get('osh') ?? '', 'test'));
    await until('the change is known', async () => !(await isReachable(TIER.T1)));
    const alert = await send();
    await until('the next tier is told', async () => (await deliveriesOf(app.database, alert.alertId)).some(({ tier, state }) => tier === TIER.T1b && state === 'sent'));
    expect((await viewOf(app, alert.alertId)).tiers[0]).toMatchObject({ status: 'not_reached', reason: 'nobody_reachable', of: 0 });
  });

  it('"not now" (450): tried again under the same Message-ID until it is taken', async () => {
    sink.behave({ kind: 'refuse-recipient', code: 450 });
    const alert = await send();
    await until('a first refusal', async () => (await first(alert)).state === 'failed');
    sink.behave({ kind: 'accept' });
    const delivery = await until('accepted', async () => ((await first(alert)).state === 'sent' ? first(alert) : null));
    const attempts = await attemptsOf(app.database, delivery.delivery_id);
    expect(attempts[0]).toMatchObject({ outcome: 'retry', code: 'smtp-450' });
    expect(attempts.at(-1)).toMatchObject({ outcome: 'accepted' });
    expect(copiesOf(delivery)).toBe(1);
    const { rows } = await app.database.query('SELECT FROM contact WHERE disabled_at IS NOT NULL');
    expect(rows).toHaveLength(0);
  });

  it('the connection is lost after the text: counted as ambiguous, sent to another address at once, and repeated', async () => {
    await secondContact('osh', 'osh-second@example.org');
    sink.behave({ kind: 'drop-after-data', accepts: true });
    sink.once('dropped', () => sink.behave({ kind: 'accept' }));
    const before = sink.mails.length;
    const alert = await send({ severity: 'S1' });
    await until('both ways are settled', async () => (await deliveriesOf(app.database, alert.alertId)).filter(({ state }) => state === 'sent').length === 2);
    const [original] = await deliveriesOf(app.database, alert.alertId);
    expect((await attemptsOf(app.database, original?.delivery_id ?? '')).map(({ outcome }) => outcome)).toEqual(['ambiguous', 'accepted']);
    const arrived = sink.mails.slice(before).map(({ to }) => to);
    expect(arrived.filter((to) => to === 'osh-second@example.org')).toHaveLength(1);
    expect(arrived.filter((to) => to === addressOf('osh'))).toHaveLength(2);
  });

  it('a recipient who is answered slowly holds up nobody else', async () => {
    sink.behave({ kind: 'tarpit', ms: 4_000, only: addressOf('osh') });
    const slow = await Promise.all([1, 2, 3, 4, 5].map(() => send({ severity: 'S2' })));
    await app.database.transaction((tx) => coalition.contacts.disable(tx, 1, coalition.contactIds.get('osh') ?? '', 'test'));
    await until('the change is known', async () => !(await isReachable(TIER.T1)));
    const quick = await send({ severity: 'S3' });
    await until('the quick one is sent', async () => (await deliveriesOf(app.database, quick.alertId)).some(({ state }) => state === 'sent'));
    const states = (await Promise.all(slow.map((alert) => first(alert)))).map(({ state }) => state);
    expect(states.filter((state) => state === 'sent')).toEqual([]);
    await until('the slow ones as well', async () => (await Promise.all(slow.map((alert) => first(alert)))).every(({ state }) => state === 'sent' || state === 'dead'));
  });

  it('a sender that died: its message is taken over when the lease is over, and its own late answer changes nothing', async () => {
    sink.behave({ kind: 'refuse-recipient', code: 450 });
    const alert = await send();
    const failed = await until('a first refusal', async () => ((await first(alert)).state === 'failed' ? first(alert) : null));
    // As a process leaves it that was killed between the claim and the answer.
    await app.database.query(`UPDATE delivery SET state = 'sending', attempt = attempt + 1, lease_until = now() - interval '1 second' WHERE delivery_id = $1`, [failed.delivery_id]);
    await app.database.query(`INSERT INTO delivery_attempt (coalition_id, delivery_id, attempt) VALUES (1, $1, $2)`, [failed.delivery_id, failed.attempt + 1]);
    sink.behave({ kind: 'accept' });
    const sent = await until('sent by somebody else', async () => ((await first(alert)).state === 'sent' ? first(alert) : null));
    expect(await attemptsOf(app.database, sent.delivery_id)).toContainEqual({ attempt: failed.attempt + 1, outcome: 'ambiguous', code: 'lease-expired' });

    const settlement = app.service.app.get(Settlement);
    const key = { coalitionId: 1, deliveryId: sent.delivery_id, alertId: Buffer.from(alert.alertId), attempt: failed.attempt + 1 };
    expect(await settlement.finish(key, { kind: 'refused', code: 'smtp-550', contactIsDead: true }, 0)).toBe('stale');
    expect((await first(alert)).state).toBe('sent');
  });

  it('nothing is tried again for an alert that somebody has', async () => {
    sink.behave({ kind: 'tarpit', ms: 15_000, only: addressOf('osh') });
    const alert = await send();
    await until('it is on its way', async () => (await first(alert)).state === 'sending');
    const osh = await signIn(app.url, coalition, coalition.people.osh);
    expect((await osh.act(alert, 'ack')).status).toBe(200);
    await until('the attempt has ended', async () => (await first(alert)).state === 'cancelled');
    expect(copiesOf(await first(alert))).toBe(0);
  });

  it('an acknowledgement withdraws what was not sent yet', async () => {
    sink.behave({ kind: 'refuse-recipient', code: 450 });
    const alert = await send();
    await until('it waits for another try', async () => (await first(alert)).state === 'failed');
    const osh = await signIn(app.url, coalition, coalition.people.osh);
    await osh.act(alert, 'ack');
    expect((await first(alert)).state).toBe('cancelled');
  });
});
