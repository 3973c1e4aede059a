import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { checkVapid, PushDevice } from '../../../../test/support/push-device.js';
import { startWebReceiver, type WebReceiver } from '../../../../test/support/web-receiver.js';
import type { OutgoingMessage } from '../../channel.js';
import { MessageTexts } from '../../message-texts.js';
import { AddressGuard } from '../../outbound/address-guard.js';
import { parseSubscriptionAddress, subscriptionAddress, subscriptionSchema } from './subscription.js';
import { vapidKeyOf, WebPushChannel } from './web-push-channel.js';

const vapid = vapidKeyOf(new Uint8Array(32).fill(9), 'mailto:operator@example.org');
const tag = 'AAAAAAAAAAAAAAAAAAAAAA';

describe('a notification on a device', () => {
  let service: WebReceiver;
  let device: PushDevice;
  let channel: WebPushChannel;

  const pushing = (guard: AddressGuard): WebPushChannel => new WebPushChannel(vapid, { guard, ca: readFileSync(service.caFile, 'utf8') }, new MessageTexts());

  beforeAll(async () => {
    service = await startWebReceiver();
    device = new PushDevice(`${service.origin}/push/abc`);
    channel = pushing(new AddressGuard(['127.0.0.0/8', '::1/128']));
  });
  beforeEach(() => service.answer(() => ({ status: 201 })));
  afterAll(() => service.stop());

  const send = (more: Partial<OutgoingMessage> = {}, by = channel) =>
    by.send(
      { deliveryId: '0c6f5a1e-8f0b-4b8f-9a59-7f6b2d3c4e5f', address: subscriptionAddress(device.subscription), lang: 'ky', purpose: 'notify', severity: 1, pgpKey: null, tag, ...more },
      { signal: AbortSignal.timeout(10_000) },
    );
  const last = () => {
    const post = service.posts.at(-1);
    if (!post) throw new Error('nothing came');
    return post;
  };

  it('opens only on that device, in the language of its owner, and says nothing', async () => {
    expect(await send()).toEqual({ kind: 'accepted', code: 'http-201', providerMessageId: null });
    expect(JSON.parse(device.read(last()).toString())).toEqual({ title: 'Жаңы кайрылуу', body: 'Сизди жаңы кайрылуу күтүп турат. Кезметчинин барагын азыр ачып коюңуз.', lang: 'ky', tag });
    expect(() => new PushDevice(device.endpoint).read(last())).toThrow();
  });

  it('is signed by this sender for this push service', async () => {
    await send();
    const { headers } = last();
    expect(headers).toMatchObject({ 'content-encoding': 'aes128gcm', urgency: 'high', topic: tag, ttl: '86400' });
    const { aud, sub, exp } = checkVapid(headers.authorization ?? '', vapid.publicKey);
    expect([aud, sub]).toEqual([service.origin, 'mailto:operator@example.org']);
    expect(exp * 1_000).toBeGreaterThan(Date.now());
  });

  it('looks the same to the push service, whatever it is about', async () => {
    const looks: unknown[] = [];
    for (const more of [{}, { purpose: 'closed', severity: 4, lang: 'en' }, { purpose: 'proof', code: '12345678' }] as const) {
      await send(more);
      const { ttl, urgency, topic } = last().headers;
      looks.push({ ttl, urgency, topic, length: last().body.length });
    }
    expect(new Set(looks.map((look) => JSON.stringify(look))).size).toBe(1);
  });

  it('brings a code that the device gives back, and does not show it', async () => {
    await send({ purpose: 'proof', code: '12345678', lang: 'en' });
    const { code, ...shown } = JSON.parse(device.read(last()).toString()) as Record<string, string>;
    expect(code).toBe('12345678');
    expect(JSON.stringify(shown)).not.toContain('12345678');
  });

  it.each([404, 410])('%s: the subscription has ended', async (status) => {
    service.answer(() => ({ status }));
    expect(await send()).toEqual({ kind: 'refused', code: `http-${status}`, contactIsDead: true });
  });

  it('429 is obeyed, 503 is tried again, a lost answer stays open', async () => {
    service.answer(() => ({ status: 429, headers: { 'retry-after': '120' } }));
    expect(await send()).toEqual({ kind: 'rate_limited', code: 'http-429', retryAfterMs: 120_000 });
    service.answer(() => ({ status: 503 }));
    expect(await send()).toEqual({ kind: 'retry', code: 'http-503', providerTrouble: true });
    service.answer(() => 'reset');
    expect(await send()).toEqual({ kind: 'ambiguous', code: 'lost-econnreset' });
  });

  it('never goes to a private network: a subscription is only an address that somebody sent', async () => {
    const before = service.connections();
    expect(await send({}, pushing(new AddressGuard()))).toEqual({ kind: 'refused', code: 'address-refused', contactIsDead: false });
    expect(service.connections()).toBe(before);
  });

  it('takes nothing for a subscription that is none', async () => {
    const { endpoint, keys } = device.subscription;
    for (const wrong of [{ endpoint: 'http://push.example/x', keys }, { endpoint, keys: { ...keys, auth: 'AAAA' } }, { endpoint, keys: { p256dh: keys.auth, auth: keys.auth } }, { endpoint }]) {
      expect(subscriptionSchema.safeParse(wrong).success).toBe(false);
    }
    expect(parseSubscriptionAddress('somebody@example.org')).toBeNull();
    expect(await send({ address: 'somebody@example.org' })).toMatchObject({ kind: 'refused', contactIsDead: true });
    const noPoint = subscriptionAddress({ endpoint, keys: { ...keys, p256dh: Buffer.alloc(65, 4).toString('base64url') } });
    expect(await send({ address: noPoint })).toEqual({ kind: 'refused', code: 'key-unusable', contactIsDead: true });
  });
});
