import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { decryptAttachment, encryptAttachment, toBase64url, toHex } from '@jardam/protocol';
import { ContactBook } from '../../src/roster/contact-book.js';
import { testApp, type TestApp } from '../support/app.js';
import { request, signIn, submit, type Answer, type DeskClient } from '../support/desk-client.js';
import { openReportAs, sealAlert, type SealedAlert } from '../support/sealed-alert.js';
import { demoCoalition, type StoredCoalition } from '../support/stored-coalition.js';

const partBytes = 700_000;

describe('attachments on the desk', () => {
  let app: TestApp;
  let coalition: StoredCoalition;
  let osh: DeskClient;
  let alert: SealedAlert;
  let ciphertext: Uint8Array;
  let photo: Uint8Array;
  let objectId: string;

  beforeAll(async () => {
    app = await testApp({ config: { instance: { roles: ['http'] } } });
    coalition = await demoCoalition(app.database, { contacts: app.service.app.get(ContactBook) });
    const { p } = coalition;
    const contentKey = p.randomBytes(32);
    const id = p.randomBytes(16);
    objectId = toHex(id);
    photo = p.randomBytes(2_000_000);
    const sealed = encryptAttachment(p, { contentKey, objectId: id, bytes: photo, name: 'photo.jpg', type: 'image/jpeg' });
    ciphertext = sealed.ciphertext;
    alert = sealAlert(coalition, { contentKey, attachments: [sealed.entry] });
    await submit(app.url, alert);
    osh = await signIn(app.url, coalition, coalition.people.osh);
  });
  afterAll(async () => app.stop());

  const address = (): string => `/desk/alerts/${alert.alertIdHex}/objects/${objectId}`;
  const upload = async (from: number, to: number): Promise<void> => {
    const token = toBase64url(alert.sender.mailboxToken);
    const path = `/alerts/${alert.alertIdHex}/objects/${objectId}`;
    if (from === 0) {
      const hash = toBase64url(coalition.p.blake2b256(ciphertext));
      expect((await request(app.url, 'PUT', path, { token, json: { totalBytes: ciphertext.length, hash } })).status).toBe(201);
    }
    for (let at = from; at < to; at += partBytes) {
      const bytes = ciphertext.subarray(at, Math.min(at + partBytes, to));
      const answer = await request(app.url, 'PATCH', path, { token, bytes, headers: { 'upload-offset': String(at) } });
      expect(answer.status).toBe(204);
    }
  };
  const get = (range?: string): Promise<Answer> => osh.send('GET', address(), range === undefined ? {} : { headers: { range } });

  it('are not there before they are complete, but the desk knows that they are coming', async () => {
    await upload(0, partBytes);
    expect((await get()).status).toBe(404);
    const file = (await osh.get(`/desk/alerts/${alert.alertIdHex}`)).json<{ attachments: unknown }>();
    expect(file.attachments).toEqual([{ objectId, totalBytes: ciphertext.length, complete: false }]);
  });

  it('come as they were sealed, open with the key inside the report, and tell nothing about name or type', async () => {
    await upload(partBytes, ciphertext.length);
    const answer = await get();
    expect(answer.status).toBe(200);
    expect(Buffer.from(answer.bytes).equals(Buffer.from(ciphertext))).toBe(true);
    expect(answer.headers.get('content-type')).toBe('application/octet-stream');
    expect(answer.headers.get('content-disposition')).toBe('attachment');
    expect(answer.headers.get('x-content-type-options')).toBe('nosniff');
    expect(answer.headers.get('content-security-policy')).toContain('sandbox');
    expect([...answer.headers.values()].join()).not.toMatch(/photo|jpeg/);

    const { payload, contentKey } = openReportAs(coalition, coalition.people.osh, alert.envelope.bytes);
    const [entry] = payload.attachments;
    if (entry === undefined) throw new Error('the report lists no attachment');
    const opened = decryptAttachment(coalition.p, { contentKey, entry, ciphertext: answer.bytes });
    if ('refused' in opened) throw new Error(opened.refused);
    expect(Buffer.from(opened.bytes).equals(Buffer.from(photo))).toBe(true);
  });

  it('come in ranges, so that a download that broke off can go on, also across stored parts', async () => {
    const cases: [string, number, number][] = [
      ['bytes=0-0', 0, 1],
      [`bytes=${partBytes - 10}-${partBytes + 9}`, partBytes - 10, partBytes + 10],
      [`bytes=${ciphertext.length - 5}-`, ciphertext.length - 5, ciphertext.length],
      ['bytes=-7', ciphertext.length - 7, ciphertext.length],
    ];
    for (const [range, start, end] of cases) {
      const answer = await get(range);
      expect(answer.status).toBe(206);
      expect(answer.headers.get('content-range')).toBe(`bytes ${start}-${end - 1}/${ciphertext.length}`);
      expect(Buffer.from(answer.bytes).equals(Buffer.from(ciphertext.subarray(start, end)))).toBe(true);
    }
    const behind = await get(`bytes=${ciphertext.length}-`);
    expect(behind.status).toBe(416);
    expect(behind.headers.get('content-range')).toBe(`bytes */${ciphertext.length}`);
  });

  it('break off rather than come out shorter when a stored part is missing', async () => {
    await app.database.query(`DELETE FROM attachment_chunk WHERE start_byte >= $1`, [partBytes * 2]);
    await expect(get()).rejects.toThrow();
  });
});
