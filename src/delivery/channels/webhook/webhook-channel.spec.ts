import { readFileSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { loadSodium } from '@jardam/protocol/sodium';
import { utf8, type Primitives } from '@jardam/protocol';
import { startWebReceiver, type WebReceiver } from '../../../../test/support/web-receiver.js';
import type { OutgoingMessage } from '../../channel.js';
import { AddressGuard } from '../../outbound/address-guard.js';
import { parseWebhookAddress } from './webhook-address.js';
import { WebhookChannel } from './webhook-channel.js';

const now = Date.parse('2026-03-02T04:00:00.700Z');
const seed = new Uint8Array(32).fill(7);

describe('a webhook', () => {
  let p: Primitives;
  let receiver: WebReceiver;
  let channel: WebhookChannel;
  const open = new AddressGuard(['127.0.0.0/8', '::1/128']);

  beforeAll(async () => {
    p = await loadSodium();
    receiver = await startWebReceiver();
    channel = webhook(open);
  });
  beforeEach(() => receiver.answer(() => ({ status: 204 })));
  afterAll(() => receiver.stop());

  const webhook = (guard: AddressGuard, ca: string | null = readFileSync(receiver.caFile, 'utf8')): WebhookChannel => new WebhookChannel(p, seed, { guard, ca }, () => now);
  const message = (more: Partial<OutgoingMessage> = {}): OutgoingMessage => ({
    deliveryId: '0c6f5a1e-8f0b-4b8f-9a59-7f6b2d3c4e5f',
    address: `${receiver.origin}/hook?k=1`,
    lang: 'en',
    purpose: 'notify',
    severity: 1,
    pgpKey: null,
    tag: 'AAAAAAAAAAAAAAAAAAAAAA',
    ...more,
  });
  const send = (more: Partial<OutgoingMessage> = {}, by = channel, signal = AbortSignal.timeout(10_000)) => by.send(message(more), { signal });

  it('is signed as Standard Webhooks v1a says, and says nothing but an opaque tag', async () => {
    expect(await send()).toEqual({ kind: 'accepted', code: 'http-204', providerMessageId: null });
    const post = receiver.posts.at(-1);
    if (!post) throw new Error('nothing came');
    expect(post.path).toBe('/hook?k=1');
    expect(JSON.parse(post.body.toString())).toEqual({ type: 'notice', timestamp: '2026-03-02T04:00:00.700Z', data: { tag: 'AAAAAAAAAAAAAAAAAAAAAA' } });
    const { 'webhook-id': id, 'webhook-timestamp': timestamp, 'webhook-signature': signature } = post.headers as Record<string, string>;
    expect([id, timestamp]).toEqual([message().deliveryId, '1772424000']);
    const [version, base64 = ''] = (signature ?? '').split(',');
    expect(version).toBe('v1a');
    expect(channel.publicKey).toMatch(/^whpk_[A-Za-z0-9+/]{43}=$/);
    const publicKey = new Uint8Array(Buffer.from(channel.publicKey.slice('whpk_'.length), 'base64'));
    const verify = (body: string): boolean => p.ed25519.verify(new Uint8Array(Buffer.from(base64, 'base64')), utf8(`${id}.${timestamp}.${body}`), publicKey);
    expect(verify(post.body.toString())).toBe(true);
    expect(verify(post.body.toString().replace('notice', 'test'))).toBe(false);
  });

  it('is the same for every purpose and urgency', async () => {
    await send();
    await send({ purpose: 'closed', severity: 4 });
    const [first, second] = receiver.posts.slice(-2).map(({ body }) => body.toString());
    expect(first).toBe(second);
  });

  it('marks a test as one', async () => {
    await send({ purpose: 'test' });
    expect(receiver.posts.at(-1)?.body.toString()).toContain('"type":"test"');
  });

  it('is proved by a receiver that repeats the challenge, and by no other page', async () => {
    const proof = { purpose: 'proof', code: '48151623' } as const;
    receiver.answer(({ body }) => ({ status: 200, body: JSON.stringify({ challenge: (JSON.parse(body.toString()) as { data: { challenge: string } }).data.challenge }) }));
    expect(await send(proof)).toMatchObject({ kind: 'accepted' });
    for (const body of ['', 'ok', '{}', '{"challenge":"other"}', 'null', `"${proof.code}"`]) {
      receiver.answer(() => ({ status: 200, body }));
      expect(await send(proof)).toEqual({ kind: 'refused', code: 'challenge-not-repeated', contactIsDead: false });
    }
  });

  it('does not follow a redirect, wherever it leads', async () => {
    receiver.answer(() => ({ status: 307, headers: { location: `${receiver.origin}/elsewhere` } }));
    const before = receiver.posts.length;
    expect(await send()).toEqual({ kind: 'refused', code: 'http-307', contactIsDead: false });
    expect(receiver.posts.slice(before).map(({ path }) => path)).toEqual(['/hook?k=1']);
  });

  it('never connects to this machine or a private network, by name or by number, unless it was opened', async () => {
    const closed = webhook(new AddressGuard());
    const before = receiver.connections();
    for (const host of ['localhost', '127.0.0.1', '127.1', '2130706433', '0x7f.0.0.1', '[::1]', '[::ffff:127.0.0.1]', '10.0.0.1', '169.254.169.254', '[fe80::1]']) {
      expect({ host, ...(await send({ address: `https://${host}:${receiver.port}/` }, closed)) }).toEqual({ host, kind: 'refused', code: 'address-refused', contactIsDead: false });
    }
    expect(receiver.connections()).toBe(before);
  });

  it('trusts no certificate that nobody vouches for', async () => {
    const before = receiver.posts.length;
    expect(await send({}, webhook(open, null))).toMatchObject({ kind: 'retry', providerTrouble: true });
    expect(receiver.posts).toHaveLength(before);
  });

  it('410 ends the contact, 429 is obeyed, 500 is tried again', async () => {
    receiver.answer(() => ({ status: 410 }));
    expect(await send()).toEqual({ kind: 'refused', code: 'http-410', contactIsDead: true });
    receiver.answer(() => ({ status: 429, headers: { 'retry-after': '11' } }));
    expect(await send()).toEqual({ kind: 'rate_limited', code: 'http-429', retryAfterMs: 11_000 });
    receiver.answer(() => ({ status: 500, body: 'x'.repeat(1_000_000) }));
    expect(await send()).toEqual({ kind: 'retry', code: 'http-500', providerTrouble: true });
  });

  it('a connection lost after the request, and silence: perhaps taken', async () => {
    receiver.answer(() => 'reset');
    expect(await send()).toEqual({ kind: 'ambiguous', code: 'lost-econnreset' });
    // The time is up as soon as the request has arrived: no test waits for a clock.
    const timeUp = new AbortController();
    receiver.answer(() => {
      timeUp.abort();
      return 'silence';
    });
    expect(await send({}, channel, timeUp.signal)).toEqual({ kind: 'ambiguous', code: 'lost-timeout' });
  });

  it('nobody there, no such name, and a server that never finishes the handshake: not taken', async () => {
    expect(await send({ address: 'https://localhost:1/' })).toEqual({ kind: 'retry', code: 'econnrefused', providerTrouble: true });
    expect(await send({ address: 'https://nobody.invalid/' })).toEqual({ kind: 'retry', code: 'name-unknown', providerTrouble: true });
    const timeUp = new AbortController();
    const mute = createServer(() => timeUp.abort());
    await new Promise<void>((resolve) => mute.listen(0, '127.0.0.1', resolve));
    const { port } = mute.address() as AddressInfo;
    expect(await send({ address: `https://localhost:${port}/` }, channel, timeUp.signal)).toEqual({ kind: 'retry', code: 'timeout', providerTrouble: true });
    mute.close();
  });

  it('takes https addresses only', () => {
    for (const wrong of ['http://example.org/', 'https://a:b@example.org/', 'https://example.org/#x', 'example.org', 'https://exa mple.org/', `https://example.org/${'x'.repeat(500)}`]) {
      expect(parseWebhookAddress(wrong)).toBeNull();
    }
    expect(parseWebhookAddress('https://example.org:8443/hook?x=1')?.host).toBe('example.org:8443');
  });
});
