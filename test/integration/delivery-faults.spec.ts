import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { OnCall } from '../../src/escalation/on-call.js';
import { Metrics } from '../../src/platform/metrics/metrics.js';
import { ContactBook } from '../../src/roster/contact-book.js';
import { testApp, type TestApp } from '../support/app.js';
import { TIER, type PersonName } from '../support/coalition.js';
import { submit } from '../support/desk-client.js';
import { attemptsOf, deliveriesOf, sendingTo, until, viewOf, type StoredDelivery } from '../support/ladder.js';
import { startMailSink, type MailSink } from '../support/mail-sink.js';
import { sealAlert, type AlertOptions, type SealedAlert } from '../support/sealed-alert.js';
import { demoCoalition, type StoredCoalition } from '../support/stored-coalition.js';
import { startWebReceiver, type ReceivedPost, type WebReceiver } from '../support/web-receiver.js';

/** One person with a webhook before their mail address, and what happens when that receiver misbehaves. */
describe('a provider that fails', () => {
  let sink: MailSink;
  let receiver: WebReceiver;
  let app: TestApp;
  let coalition: StoredCoalition;

  beforeAll(async () => {
    sink = await startMailSink();
    receiver = await startWebReceiver();
    const outbound = { allowedNetworks: ['127.0.0.0/8', '::1/128'], caFile: receiver.caFile };
    app = await testApp({ config: { ...sendingTo(sink.port, { leaseMs: 60_000, sendTimeoutMs: 25_000 }), outbound } });
    coalition = await demoCoalition(app.database, { contacts: app.service.app.get(ContactBook) });
    await app.database.query('UPDATE contact SET priority = 9');
    for (const name of ['osh', 'lawyer', 'oshReserve'] as const) await addWebhook(name);
    await known();
  });
  afterEach(async () => {
    receiver.answer(() => ({ status: 204 }));
    await app.database.query(`UPDATE alert_timer SET due_at = now() + interval '1 day' WHERE due_at IS NOT NULL`);
    await app.database.query(`UPDATE delivery SET state = 'cancelled' WHERE state IN ('pending', 'failed')`);
    await app.database.query(`UPDATE contact SET disabled_at = NULL, disabled_reason = NULL`);
    await app.database.query(`UPDATE channel_health SET blocked_until = NULL`);
    await known();
  });
  afterAll(async () => {
    await receiver.stop(); // first: whoever hangs ends
    await app.stop();
    await sink.stop();
  });

  async function addWebhook(name: PersonName): Promise<void> {
    const { rid, lang } = coalition.people[name];
    const address = `${receiver.origin}/${name}`;
    await app.database.transaction((tx) => coalition.contacts.add(tx, { purpose: 'responder', rid, channel: 'webhook', address, server: new URL(address).host, lang, priority: 1, verified: true }));
  }

  /** Until the intake has read the contacts anew, which it keeps in memory. */
  async function known(): Promise<void> {
    await app.database.query(`SELECT pg_notify('jardam_roster', '')`);
    await until('the first tier is told by webhook', async () => (await app.service.app.get(OnCall).reachable(1)).byTier.get(TIER.T1)?.[0]?.channel === 'webhook');
  }

  async function send(options: AlertOptions = {}): Promise<SealedAlert> {
    const alert = sealAlert(coalition, options);
    await submit(app.url, alert);
    return alert;
  }

  async function by(channel: string, alert: SealedAlert): Promise<StoredDelivery | undefined> {
    return (await deliveriesOf(app.database, alert.alertId)).find((delivery) => delivery.channel === channel);
  }

  const sentBy = (channel: string, alert: SealedAlert): Promise<StoredDelivery> =>
    until(`sent by ${channel}`, async () => {
      const delivery = await by(channel, alert);
      return delivery?.state === 'sent' && delivery;
    }, 25_000);

  const postsOf = (delivery: StoredDelivery): ReceivedPost[] => receiver.posts.filter(({ headers }) => headers['webhook-id'] === delivery.delivery_id);
  const metrics = (): Promise<string> => app.service.app.get(Metrics).text();

  it('"not before" (429) is obeyed for that recipient, also by messages that come later, and costs no attempt', async () => {
    receiver.answer(({ path }) => (path === '/osh' ? { status: 429, headers: { 'retry-after': '3' } } : { status: 204 }));
    const first = await send({ severity: 'S3' });
    await until('the answer is known', async () => (await by('webhook', first))?.state === 'failed');
    const later = await send({ severity: 'S3' });
    receiver.answer(() => ({ status: 204 }));
    const [one, two] = [await sentBy('webhook', first), await sentBy('webhook', later)];
    const [refused, again] = postsOf(one);
    expect((again?.at ?? 0) - (refused?.at ?? 0)).toBeGreaterThanOrEqual(3_000);
    expect(postsOf(two)).toHaveLength(1);
    expect((postsOf(two)[0]?.at ?? 0) - (refused?.at ?? 0)).toBeGreaterThanOrEqual(2_900); // another clock: the database's
    expect(await attemptsOf(app.database, one.delivery_id)).toEqual([{ attempt: 1, outcome: 'rate_limited', code: 'http-429' }, { attempt: 2, outcome: 'accepted', code: 'http-204' }]);
    expect((await attemptsOf(app.database, two.delivery_id)).map(({ outcome }) => outcome)).toEqual(['accepted']);
  });

  it('"not before" longer than the tier has: the next contact at once, also for a message that was never tried', async () => {
    receiver.answer(({ path }) => (path === '/osh' ? { status: 429, headers: { 'retry-after': '86400' } } : { status: 204 }));
    const first = await send({ severity: 'S2' });
    expect(await sentBy('email', first)).toMatchObject({ contact_id: coalition.contactIds.get('osh') });
    expect(await by('webhook', first)).toMatchObject({ state: 'dead', attempt: 1 });
    const later = await send({ severity: 'S2' });
    await sentBy('email', later);
    expect(await by('webhook', later)).toMatchObject({ state: 'dead', attempt: 0 });
    expect((await viewOf(app, later.alertId)).tiers[0]).toMatchObject({ status: 'notified' });
    expect((await app.database.query('SELECT FROM contact WHERE disabled_at IS NOT NULL')).rowCount).toBe(0);
  });

  it('one recipient\'s limit is not another\'s; a second one at the same time is the provider\'s', async () => {
    receiver.answer(({ path }) => (path === '/lawyer' ? { status: 204 } : { status: 429, headers: { 'retry-after': '86400' } }));
    await send({ severity: 'S2' });
    const blocked = async (): Promise<string[]> => (await app.database.query<{ key: string }>('SELECT key FROM channel_health WHERE blocked_until > now()')).rows.map(({ key }) => key);
    await until('osh is left alone', async () => (await blocked()).length === 1);
    expect((await blocked())[0]).toMatch(/^contact:/);
    // The next tier is asked: the lawyer is told although osh is not, and the reserve gets the second 429.
    const next = await send({ severity: 'S2' });
    await app.database.query(`UPDATE alert_timer SET due_at = now() - interval '1 second' WHERE alert_id = $1`, [Buffer.from(next.alertId)]);
    await until('the lawyer is told', () => receiver.posts.some(({ path }) => path === '/lawyer'));
    await until('the provider is left alone', async () => (await blocked()).some((key) => key.startsWith('webhook:')));
    expect(JSON.stringify(await blocked())).not.toContain('localhost');
  });

  it('"gone" (410) ends the contact, and the person\'s next one is told', async () => {
    receiver.answer(({ path }) => ({ status: path === '/osh' ? 410 : 204 }));
    const alert = await send();
    await sentBy('email', alert);
    const { rows } = await app.database.query('SELECT channel, disabled_reason FROM contact WHERE disabled_at IS NOT NULL');
    expect(rows).toEqual([{ channel: 'webhook', disabled_reason: 'http-410' }]);
  });

  it('a redirect is not followed, and the person\'s next contact is told', async () => {
    receiver.answer(() => ({ status: 302, headers: { location: `${receiver.origin}/elsewhere` } }));
    const alert = await send();
    await sentBy('email', alert);
    expect(receiver.posts.some(({ path }) => path === '/elsewhere')).toBe(false);
    expect(await by('webhook', alert)).toMatchObject({ state: 'dead' });
  });

  it('a lost answer of a critical alert: another channel first, then again under the same id, and counted', async () => {
    let lost = false;
    receiver.answer(({ path }) => {
      if (path !== '/osh' || lost) return { status: 204 };
      lost = true;
      return 'reset';
    });
    const alert = await send({ severity: 'S1' });
    await sentBy('email', alert);
    const delivery = await sentBy('webhook', alert);
    expect((await attemptsOf(app.database, delivery.delivery_id)).map(({ outcome }) => outcome)).toEqual(['ambiguous', 'accepted']);
    expect(postsOf(delivery)).toHaveLength(2);
    expect(await metrics()).toContain('jardam_delivery_ambiguous_resends_total{channel="webhook"} 1');
  });

  it('a receiver that lets one person\'s messages hang delays nobody else on the same server', async () => {
    receiver.answer(({ path }) => (path === '/osh' ? 'silence' : { status: 204 }));
    const before = receiver.posts.length;
    for (let round = 0; round < 30; round++) await send({ severity: 'S2' });
    await until('many of them hang', () => receiver.posts.slice(before).filter(({ path }) => path === '/osh').length >= 8);
    const other = await send({ severity: 'S2' });
    await app.database.query(`UPDATE alert_timer SET due_at = now() - interval '1 second' WHERE alert_id = $1`, [Buffer.from(other.alertId)]);
    await until('the next tier is told', () => receiver.posts.slice(before).some(({ path }) => path === '/lawyer'), 20_000);
    const { rows } = await app.database.query<{ finished: number }>(
      `SELECT count(*)::int AS finished FROM delivery_attempt a JOIN delivery d USING (coalition_id, delivery_id)
       WHERE d.state = 'sending' AND a.finished_at IS NOT NULL`,
    );
    expect(rows).toEqual([{ finished: 0 }]); // none of those that hang had to give way first
    const { rows: hanging } = await app.database.query<{ n: number }>(`SELECT count(*)::int AS n FROM delivery WHERE state = 'sending'`);
    expect(hanging[0]?.n).toBeLessThanOrEqual(16);
    receiver.stopHanging();
  }, 60_000);

  it('behind an open breaker a critical alert takes another way, and a real message tries the provider again', async () => {
    receiver.answer(() => ({ status: 500 }));
    const failing = await Promise.all(Array.from({ length: 6 }, () => send({ severity: 'S2' })));
    await until('the breaker is open', async () => (await metrics()).includes('jardam_breaker_state{provider="webhook"} 2'));
    const critical = await send({ severity: 'S1' });
    await sentBy('email', critical);
    receiver.answer(() => ({ status: 204 }));
    const first = receiver.posts.length;
    await sentBy('webhook', critical);
    // The probe is the most urgent message that waits.
    expect(receiver.posts[first]?.headers['webhook-id']).toBe((await by('webhook', critical))?.delivery_id);
    await Promise.all(failing.map((alert) => sentBy('webhook', alert)));
    await until('the breaker is closed', async () => (await metrics()).includes('jardam_breaker_state{provider="webhook"} 0'));
  }, 60_000);

  it('a sender that is slower than its lease: somebody else takes over, its late answer changes nothing, and that is counted', async () => {
    const slow = await testApp({ config: sendingTo(sink.port, { leaseMs: 1_000, sendTimeoutMs: 8_000 }) });
    try {
      const there = await demoCoalition(slow.database, { contacts: slow.service.app.get(ContactBook) });
      sink.behave({ kind: 'tarpit', ms: 3_500, only: there.people.osh.email });
      const alert = sealAlert(there);
      await submit(slow.url, alert);
      await until('another attempt was begun', async () => ((await deliveriesOf(slow.database, alert.alertId))[0]?.attempt ?? 0) > 1);
      sink.behave({ kind: 'accept' });
      await until('the late answer was counted', async () => /jardam_delivery_stale_fences_total [1-9]/.test(await slow.service.app.get(Metrics).text()), 25_000);
      const [delivery] = await deliveriesOf(slow.database, alert.alertId);
      expect((await attemptsOf(slow.database, delivery?.delivery_id ?? ''))[0]).toEqual({ attempt: 1, outcome: 'ambiguous', code: 'lease-expired' });
    } finally {
      sink.behave({ kind: 'accept' });
      await slow.stop();
    }
  }, 60_000);

  it('no receiver is named in the log or the metrics', async () => {
    expect(app.log.join('\n')).not.toMatch(/localhost:\d+\/(osh|lawyer)|webhook:[0-9a-f]/);
    expect(await metrics()).not.toMatch(/webhook:[0-9a-f]|localhost/);
  });
});
