import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import {
  drawReceiptWords,
  openReply,
  receiptKeys,
  signPkOf,
  toBase64url,
  unwrapSecret,
  wrapSecret,
  deriveSender,
  type PasswordHash,
} from '@jardam/protocol';
import { loadSodiumArgon2 } from '@jardam/protocol/sodium';
import { Retention } from '../../src/intake/mailbox/retention.js';
import { testApp, type TestApp } from '../support/app.js';
import { Defender, type Reply } from '../support/defender.js';
import { sealAlert, sealMessageAs, type SealedAlert } from '../support/sealed-alert.js';
import { demoCoalition, type StoredCoalition } from '../support/stored-coalition.js';

describe('coming back with seven words', () => {
  let app: TestApp;
  let coalition: StoredCoalition;
  let defender: Defender;
  let argon2: PasswordHash;

  beforeAll(async () => {
    app = await testApp({ config: { instance: { roles: ['http'] } } });
    coalition = await demoCoalition(app.database);
    defender = new Defender(app.url);
    argon2 = await loadSodiumArgon2();
  });
  afterAll(async () => {
    await app.stop();
  });

  async function sent(): Promise<SealedAlert> {
    const alert = sealAlert(coalition);
    expect((await defender.send(alert.submission)).status).toBe(201);
    return alert;
  }
  const keep = (alert: SealedAlert, locator: Uint8Array, wrapped: Uint8Array): Promise<Reply> =>
    defender.ask('PUT', `/receipts/${toBase64url(locator)}`, { body: wrapped, token: alert.sender.mailboxToken });
  const fetchReceipt = (locator: Uint8Array): Promise<Reply> => defender.ask('GET', `/receipts/${toBase64url(locator)}`);

  /** What the desk does when a responder answers (POST /desk/…/messages). */
  async function store(alert: SealedAlert, text: string): Promise<{ id: string; bytes: Uint8Array }> {
    const sealed = sealMessageAs(coalition, coalition.people.osh, alert, 4, text);
    await app.database.query(
      `INSERT INTO envelope (coalition_id, alert_id, sender_pk, seq, kind, envelope_hash, hh, author_rid, sealed)
       VALUES (1, $1, $2, 0, 4, $3, $4, $5, $6)`,
      [alert.alertId, sealed.bytes.slice(112, 144), sealed.envelopeHash, sealed.hh, coalition.people.osh.rid, sealed.bytes].map((bytes) => Buffer.from(bytes)),
    );
    return { id: toBase64url(sealed.envelopeHash), bytes: sealed.bytes };
  }

  it('on any phone the words bring back the secret, the true state and the replies', async () => {
    const { p, instanceId } = coalition;
    const alert = await sent();
    const words = drawReceiptWords(p);
    const keys = await receiptKeys(p, argon2, words, instanceId);
    expect((await keep(alert, keys.locator, wrapSecret(p, keys.wrapKey, alert.senderSecret))).status).toBe(204);
    const { id, bytes } = await store(alert, 'We are on our way.');

    const again = await receiptKeys(p, argon2, words, instanceId);
    const secret = unwrapSecret(p, again.wrapKey, (await fetchReceipt(again.locator)).bytes);
    if (secret === null) throw new Error('the words do not open the receipt');
    const sender = deriveSender(p, secret);
    const box = await defender.ask('GET', '/mailbox', { token: sender.mailboxToken });
    expect(box).toMatchObject({
      status: 200,
      json: {
        alertId: alert.alertIdHex,
        lastSeq: 0,
        lastHash: toBase64url(alert.envelope.envelopeHash),
        view: { state: 'notifying', severity: 'S1' },
        messages: [{ id, kind: 4, bytes: bytes.length }],
      },
    });
    const reply = await defender.ask('GET', `/mailbox/messages/${id}`, { token: sender.mailboxToken });
    expect(reply.bytes.equals(bytes)).toBe(true);
    const opened = openReply(p, new Uint8Array(reply.bytes), {
      kind: 4,
      kemSecretKeys: [sender.replyKem.secretKey],
      signPkOf: (rid, time) => signPkOf(coalition.roster.body, rid, time),
    });
    expect(opened).toMatchObject({ text: 'We are on our way.', rid: coalition.people.osh.ridHex });
  }, 90_000);

  it('what the sender chose comes back too, so that an addition can be sealed to the same people behind the same gates', async () => {
    const alert = sealAlert(coalition, { t: 'report', severity: 'S2', consents: { eu: true }, exclude: ['lawyers'] });
    const gated = alert.envelope.bytes[136];
    expect((await defender.send(alert.submission)).status).toBe(201);
    const { sent } = (await defender.mailbox(alert)).json as { sent: { tiers: number[]; exclude: string[]; gated: number[] } };
    expect(sent).toEqual({ tiers: [...alert.header.tiers], exclude: ['lawyers'], gated: Object.keys(alert.header.release).map(Number) });
    expect(sent.gated).toHaveLength(gated ?? -1);
    expect(sent.gated.length).toBeGreaterThan(0);
  });

  it('a reply leaves the server once it was confirmed, and confirming twice is harmless', async () => {
    const alert = await sent();
    const token = alert.sender.mailboxToken;
    const { id } = await store(alert, 'Call us.');
    for (let time = 0; time < 2; time++) expect((await defender.ask('DELETE', `/mailbox/messages/${id}`, { token })).status).toBe(204);
    expect((await defender.ask('GET', `/mailbox/messages/${id}`, { token })).status).toBe(404);
    const { rows } = await app.database.query('SELECT FROM envelope WHERE alert_id = $1 AND kind = 4', [Buffer.from(alert.alertId)]);
    expect(rows).toHaveLength(0);
  });

  it('the report itself cannot be fetched or deleted through the mailbox', async () => {
    const alert = await sent();
    const token = alert.sender.mailboxToken;
    const id = toBase64url(alert.envelope.envelopeHash);
    expect((await defender.ask('GET', `/mailbox/messages/${id}`, { token })).status).toBe(404);
    await defender.ask('DELETE', `/mailbox/messages/${id}`, { token });
    expect((await defender.mailbox(alert)).json['lastSeq']).toBe(0);
  });

  it('nobody else’s token opens it, nor deletes from it', async () => {
    const [alert, other] = [await sent(), await sent()];
    const { id } = await store(alert, 'For one person only.');
    for (const token of [other.sender.mailboxToken]) {
      expect((await defender.ask('GET', `/mailbox/messages/${id}`, { token })).status).toBe(404);
      await defender.ask('DELETE', `/mailbox/messages/${id}`, { token });
    }
    for (const headers of [{}, { authorization: 'Bearer x' }, { authorization: `Bearer ${toBase64url(coalition.p.randomBytes(32))}` }]) {
      expect(await defender.ask('GET', '/mailbox', { headers })).toMatchObject({ status: 401, json: { code: 'unknown-mailbox' } });
    }
    expect((await defender.mailbox(alert)).json['messages']).toHaveLength(1);
  });

  it('replies that nobody fetched are gone after fourteen days, and nothing else is', async () => {
    const alert = await sent();
    await store(alert, 'old');
    await app.database.query(`UPDATE envelope SET received_at = now() - interval '14 days 1 minute' WHERE alert_id = $1`, [Buffer.from(alert.alertId)]);
    const { id } = await store(alert, 'new');
    expect(await app.service.app.get(Retention, { strict: false }).purgeReplies()).toBe(1);
    expect((await defender.mailbox(alert)).json).toMatchObject({ lastSeq: 0, messages: [{ id }] });
  });

  describe('words that lead nowhere', () => {
    it('get 48 bytes like all others, the same ones every time', async () => {
      const locator = coalition.p.randomBytes(32);
      const [first, second] = [await fetchReceipt(locator), await fetchReceipt(locator)];
      expect([first.status, first.bytes.length]).toEqual([200, 48]);
      expect(first.bytes.equals(second.bytes)).toBe(true);
      expect(first.bytes.equals((await fetchReceipt(coalition.p.randomBytes(32))).bytes)).toBe(false);
    });

    it('cannot be told from words that lead somewhere, by status, headers or length', async () => {
      const alert = await sent();
      const locator = coalition.p.randomBytes(32);
      await keep(alert, locator, coalition.p.randomBytes(48));
      const shown = ({ status, headers, bytes }: Reply): unknown => [status, [...headers].filter(([name]) => name !== 'date'), bytes.length];
      expect(shown(await fetchReceipt(locator))).toEqual(shown(await fetchReceipt(coalition.p.randomBytes(32))));
    });

    it('nor by the time: the medians of both answers lie together', async () => {
      const alert = await sent();
      const known = coalition.p.randomBytes(32);
      await keep(alert, known, coalition.p.randomBytes(48));
      const median = (list: number[]): number => [...list].sort((a, b) => a - b)[Math.floor(list.length / 2)] ?? 0;
      const apart = async (): Promise<number> => {
        const times: Record<'known' | 'unknown', number[]> = { known: [], unknown: [] };
        for (let n = 0; n < 150; n++) {
          for (const kind of ['known', 'unknown'] as const) {
            const before = performance.now();
            await fetchReceipt(kind === 'known' ? known : coalition.p.randomBytes(32));
            times[kind].push(performance.now() - before);
          }
        }
        const [a, b] = [median(times.known), median(times.unknown)];
        return Math.abs(a - b) / Math.max(a, b);
      };
      // Over a real line the difference drowns; here it has to be small against the answer itself. What the words give away
      // they give away every time, and another program on the machine does not.
      const measured: number[] = [];
      while (measured.length < 3 && !measured.some((each) => each < 0.35)) measured.push(await apart());
      expect(Math.min(...measured)).toBeLessThan(0.35);
    }, 60_000);
  });

  it('new words replace those shown before, of the same alert only', async () => {
    const [alert, other] = [await sent(), await sent()];
    const { p } = coalition;
    const [first, second, foreign] = [p.randomBytes(32), p.randomBytes(32), p.randomBytes(32)];
    const wrapped = p.randomBytes(48);
    await keep(other, foreign, wrapped);
    await keep(alert, first, wrapped);
    await keep(alert, second, wrapped);
    expect((await fetchReceipt(second)).bytes.equals(wrapped)).toBe(true);
    expect((await fetchReceipt(first)).bytes.equals(wrapped)).toBe(false);
    expect((await fetchReceipt(foreign)).bytes.equals(wrapped)).toBe(true);
    expect(await keep(alert, foreign, wrapped)).toMatchObject({ status: 409, json: { code: 'locator-taken' } });
    expect((await fetchReceipt(second)).bytes.equals(wrapped)).toBe(true);
  });

  it('a wrapped secret of another length, or without a token, is refused', async () => {
    const alert = await sent();
    expect(await keep(alert, coalition.p.randomBytes(32), coalition.p.randomBytes(47))).toMatchObject({ status: 400, json: { code: 'bad-receipt' } });
    expect((await defender.ask('PUT', `/receipts/${toBase64url(coalition.p.randomBytes(32))}`, { body: coalition.p.randomBytes(48) })).status).toBe(401);
  });
});
