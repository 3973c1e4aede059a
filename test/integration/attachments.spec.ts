import { randomBytes } from 'node:crypto';
import { request } from 'node:http';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { encryptAttachment, toBase64url, toHex } from '@jardam/protocol';
import { testApp, type TestApp } from '../support/app.js';
import { Defender, type Reply } from '../support/defender.js';
import { sealAlert, type AlertOptions, type SealedAlert } from '../support/sealed-alert.js';
import { demoCoalition, type StoredCoalition } from '../support/stored-coalition.js';

const chunk = 1024 * 1024;

describe('a file goes up in parts', () => {
  let app: TestApp;
  let coalition: StoredCoalition;
  let defender: Defender;
  let alert: SealedAlert;

  beforeAll(async () => {
    app = await testApp({ config: { instance: { roles: ['http'] }, retention: { attachmentLimitBytes: 4 * chunk } } });
    coalition = await demoCoalition(app.database);
    defender = new Defender(app.url);
  });
  beforeEach(async () => {
    alert = await sent();
  });
  afterAll(async () => {
    await app.stop();
  });

  async function sent(options: AlertOptions = {}): Promise<SealedAlert> {
    const each = sealAlert(coalition, options);
    expect((await defender.send(each.submission)).status).toBe(201);
    return each;
  }

  function sealedFile(size: number): { objectId: string; bytes: Uint8Array; hash: string } {
    const { p } = coalition;
    const bytes = new Uint8Array(randomBytes(size)); // libsodium's draws four bytes a call
    const { ciphertext, entry } = encryptAttachment(p, { contentKey: alert.envelope.contentKey, objectId: p.randomBytes(16), bytes, name: 'photo.jpg', type: 'image/jpeg' });
    return { objectId: entry.objectId, bytes: ciphertext, hash: entry.hash };
  }

  const path = (objectId: string, of = alert): string => `/alerts/${of.alertIdHex}/objects/${objectId}`;
  const token = (of = alert) => ({ token: of.sender.mailboxToken });
  const announce = (file: ReturnType<typeof sealedFile>, of = alert): Promise<Reply> =>
    defender.ask('PUT', path(file.objectId, of), { body: { totalBytes: file.bytes.length, hash: file.hash }, ...token(of) });
  const part = (file: ReturnType<typeof sealedFile>, from: number, to: number): Promise<Reply> =>
    defender.ask('PATCH', path(file.objectId), { body: file.bytes.subarray(from, to), headers: { 'upload-offset': String(from) }, ...token() });
  const offsetOf = async (file: ReturnType<typeof sealedFile>): Promise<number> =>
    Number((await defender.ask('HEAD', path(file.objectId), token())).headers.get('upload-offset'));

  it('and is there, byte for byte, when the last one has arrived', async () => {
    const file = sealedFile(2.5 * chunk);
    expect(await announce(file)).toMatchObject({ status: 201, json: { receivedBytes: 0 } });
    for (let at = 0; at < file.bytes.length; at += chunk) {
      const reply = await part(file, at, at + chunk);
      expect([reply.status, reply.headers.get('upload-offset')]).toEqual([204, String(Math.min(at + chunk, file.bytes.length))]);
    }
    const { rows } = await app.database.query<{ sealed: Buffer; complete_at: Date | null }>(
      `SELECT string_agg(c.sealed, ''::bytea ORDER BY start_byte) AS sealed, max(a.complete_at) AS complete_at
       FROM attachment a JOIN attachment_chunk c USING (coalition_id, alert_id, object_id) WHERE object_id = $1`,
      [Buffer.from(file.objectId, 'hex')],
    );
    expect(rows[0]?.complete_at).not.toBeNull();
    expect(rows[0]?.sealed.equals(file.bytes)).toBe(true);
  });

  it('goes on where the line broke', async () => {
    const file = sealedFile(1.5 * chunk);
    await announce(file);
    await part(file, 0, chunk);
    // The line breaks in the middle of the second part: it is as if it had never begun.
    await broken(file, chunk);
    const at = await offsetOf(file);
    expect(at).toBe(chunk);
    expect(await announce(file)).toMatchObject({ status: 201, json: { receivedBytes: chunk, totalBytes: file.bytes.length, complete: false } });
    expect((await part(file, at, file.bytes.length)).status).toBe(204);
    expect(await announce(file)).toMatchObject({ json: { complete: true } });
  });

  /** Promises a whole part and hangs up after a third of it. */
  function broken(file: ReturnType<typeof sealedFile>, from: number): Promise<void> {
    const rest = file.bytes.subarray(from);
    return new Promise((resolve) => {
      const call = request(`${app.url}/api/v1${path(file.objectId)}`, {
        method: 'PATCH',
        headers: {
          'content-type': 'application/octet-stream',
          'content-length': rest.length,
          'upload-offset': String(from),
          authorization: `Bearer ${toBase64url(alert.sender.mailboxToken)}`,
        },
      });
      call.on('error', () => resolve());
      call.on('close', () => resolve());
      call.write(rest.subarray(0, Math.floor(rest.length / 3)), () => setTimeout(() => call.destroy(), 50));
    });
  }

  it('a part at the wrong place is refused, with the right one', async () => {
    const file = sealedFile(2 * chunk);
    await announce(file);
    await part(file, 0, 1000);
    const reply = await part(file, 2000, 3000);
    expect(reply).toMatchObject({ status: 409, json: { code: 'wrong-offset', offset: 1000 } });
    expect(reply.headers.get('upload-offset')).toBe('1000');
    expect((await part(file, 0, 1000)).status).toBe(409);
    expect(await offsetOf(file)).toBe(1000);
  });

  it('the same part sent twice at once is kept once', async () => {
    const file = sealedFile(2 * chunk);
    await announce(file);
    const replies = await Promise.all([part(file, 0, 1000), part(file, 0, 1000), part(file, 0, 1000)]);
    expect(replies.map(({ status }) => status).sort()).toEqual([204, 409, 409]);
    expect(await offsetOf(file)).toBe(1000);
  });

  it('what is not what was announced is thrown away, and may begin again', async () => {
    const file = sealedFile(1000);
    await announce(file);
    const damaged = { ...file, bytes: file.bytes.slice() };
    damaged.bytes[500] = (damaged.bytes[500] ?? 0) ^ 1;
    expect(await part(damaged, 0, damaged.bytes.length)).toMatchObject({ status: 422, json: { code: 'attachment-damaged' } });
    expect(await offsetOf(file)).toBe(0);
    expect((await part(file, 0, file.bytes.length)).status).toBe(204);
  });

  it('one that is too large is refused before a byte is sent, with the limit', async () => {
    const file = { ...sealedFile(1000), bytes: new Uint8Array(5 * chunk) };
    const reply = await announce(file);
    expect(reply).toMatchObject({ status: 413, json: { code: 'attachment-too-large' } });
    expect(reply.json['limitBytes']).toBeGreaterThanOrEqual(4 * chunk);
  });

  it('a file of exactly the promised size fits, padding and all', async () => {
    expect((await announce(sealedFile(4 * chunk), await sent())).status).toBe(201);
  });

  it('more bytes than announced are refused', async () => {
    const file = sealedFile(1000);
    await announce(file);
    const longer = { ...file, bytes: new Uint8Array(file.bytes.length + 1) };
    expect(await part(longer, 0, longer.bytes.length)).toMatchObject({ status: 413, json: { limitBytes: file.bytes.length } });
  });

  it('a part larger than one request may carry is refused with the limit', async () => {
    const file = sealedFile(3 * chunk);
    const own = await sent();
    await announce(file, own);
    const reply = await defender.ask('PATCH', path(file.objectId, own), { body: file.bytes.subarray(0, 2 * chunk), headers: { 'upload-offset': '0' }, ...token(own) });
    expect(reply).toMatchObject({ status: 413, json: { limitBytes: chunk } });
  });

  it('an alert holds five files', async () => {
    const own = await sent();
    const files = Array.from({ length: 6 }, () => sealedFile(100));
    const replies = await Promise.all(files.map((file) => announce(file, own)));
    expect(replies.map(({ status }) => status).sort()).toEqual([201, 201, 201, 201, 201, 409]);
    expect(replies.find(({ status }) => status === 409)?.json).toMatchObject({ code: 'too-many-attachments', limit: 5 });
  });

  it('the day has room for so many bytes; what is critical has room of its own', async () => {
    const budget = 8 * 1024 * chunk;
    const fill = (of: SealedAlert) =>
      app.database.query(`INSERT INTO attachment (coalition_id, alert_id, object_id, total_bytes, hash) VALUES (1, $1, $2, $3, $4)`, [
        Buffer.from(of.alertId),
        randomBytes(16),
        budget - 100,
        randomBytes(32),
      ]);
    const ordinary = await sent({ severity: 'S3' });
    await fill(ordinary);
    const file = sealedFile(100);
    expect(await announce(file, await sent({ severity: 'S2' }))).toMatchObject({ status: 507, json: { code: 'attachments-full' } });
    expect((await announce(file)).status).toBe(201);
    await app.database.query(`UPDATE attachment SET created_at = created_at - interval '25 hours' WHERE alert_id = $1`, [Buffer.from(ordinary.alertId)]);
    expect((await announce(file, ordinary)).status).toBe(201);
  });

  it('only the alert’s own token may add to it', async () => {
    const other = await sent();
    const file = sealedFile(100);
    for (const given of [{}, { token: coalition.p.randomBytes(32) }, token(other)]) {
      const reply = await defender.ask('PUT', path(file.objectId), { body: { totalBytes: 100, hash: file.hash }, ...given });
      expect(reply).toMatchObject({ status: 401, json: { code: 'unknown-mailbox' } });
    }
    expect((await defender.ask('HEAD', path(file.objectId), token())).status).toBe(404);
  });

  it('the same id announced with another hash is not overwritten', async () => {
    const own = await sent();
    const [file, other] = [sealedFile(100), sealedFile(100)];
    await announce(file, own);
    expect(await announce({ ...file, hash: other.hash }, own)).toMatchObject({ status: 409, json: { code: 'attachment-exists' } });
  });

  it('a malformed announcement names the field', async () => {
    const reply = await defender.ask('PUT', path(toHex(coalition.p.randomBytes(16))), { body: { totalBytes: -1, hash: 'short' }, ...token() });
    expect(reply.status).toBe(400);
    expect(reply.json['errors']).toEqual(expect.arrayContaining([expect.objectContaining({ field: 'totalBytes' }), expect.objectContaining({ field: 'hash' })]));
  });
});
