import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { ContactBook } from '../../src/roster/contact-book.js';
import { testApp, type TestApp } from '../support/app.js';
import { signIn, submit, type DeskClient } from '../support/desk-client.js';
import { deliveriesOf, sendingTo, until } from '../support/ladder.js';
import { startMailSink, type MailSink } from '../support/mail-sink.js';
import { PushDevice } from '../support/push-device.js';
import { sealAlert } from '../support/sealed-alert.js';
import { demoCoalition, type StoredCoalition } from '../support/stored-coalition.js';
import { startWebReceiver, type WebReceiver } from '../support/web-receiver.js';

interface OwnContact {
  readonly contactId: string;
  readonly channel: string;
  readonly hint: string | null;
  readonly verified: boolean;
  readonly lastTest: { readonly at: string; readonly outcome: string; readonly code: string } | null;
}

describe('how somebody at the desk is reached', () => {
  let sink: MailSink;
  let pushService: WebReceiver;
  let app: TestApp;
  let coalition: StoredCoalition;
  let osh: DeskClient;

  beforeAll(async () => {
    sink = await startMailSink();
    pushService = await startWebReceiver();
    const outbound = { allowedNetworks: ['127.0.0.0/8', '::1/128'], caFile: pushService.caFile };
    app = await testApp({ config: { ...sendingTo(sink.port), outbound, webPush: { subject: 'mailto:operator@example.org' } } });
    coalition = await demoCoalition(app.database, { contacts: app.service.app.get(ContactBook) });
    osh = await signIn(app.url, coalition, coalition.people.osh);
  });
  afterEach(async () => {
    sink.behave({ kind: 'accept' });
    pushService.answer(() => ({ status: 201 }));
    // As if a minute had passed: nobody is asked to wait before the next message.
    await app.database.query(`UPDATE contact SET tested_at = tested_at - interval '1 minute'`);
    await app.database.query(`UPDATE contact_proof SET sent_at = sent_at - interval '1 minute'`);
  });
  afterAll(async () => {
    await app.stop();
    await sink.stop();
    await pushService.stop();
  });

  const listed = async (client = osh) => (await client.get('/desk/contacts')).json<{ contacts: OwnContact[]; offered: { channels: unknown[]; webPushKey: string } }>();
  const one = async (contactId: string): Promise<OwnContact | undefined> => (await listed()).contacts.find((each) => each.contactId === contactId);

  async function add(contact: object): Promise<string> {
    const answer = await osh.send('POST', '/desk/contacts', { json: contact });
    expect(answer.status).toBe(201);
    return answer.json<{ contactId: string }>().contactId;
  }

  const codeIn = async (to: string): Promise<string> => {
    const mail = await sink.waitFor((each) => each.to === to && /\d{8}/.test(each.parsed.text ?? ''));
    return /\d{8}/.exec(mail.parsed.text ?? '')?.[0] ?? '';
  };

  it('each person sees their own contacts only, without the whole address', async () => {
    const { contacts } = await listed();
    expect(contacts).toEqual([expect.objectContaining({ channel: 'email', hint: 'o…@example.org', verified: true, lastTest: null })]);
    const lawyer = await signIn(app.url, coalition, coalition.people.lawyer);
    const foreign = coalition.contactIds.get('osh') ?? '';
    for (const [method, path, json] of [['POST', 'test', undefined], ['POST', 'proof', undefined], ['PUT', 'proof', { code: '1' }]] as const) {
      expect(await lawyer.send(method, `/desk/contacts/${foreign}/${path}`, { json })).toMatchObject({ status: 404 });
    }
    expect(await lawyer.send('DELETE', `/desk/contacts/${foreign}`)).toMatchObject({ status: 404 });
    expect(await lawyer.send('PUT', '/desk/contacts/order', { json: { contactIds: [foreign] } })).toMatchObject({ status: 404 });
  });

  it('a mail address counts only after the code that was mailed there came back', async () => {
    const contactId = await add({ channel: 'email', address: 'osh-home@example.org', lang: 'ru' });
    expect(await osh.send('POST', `/desk/contacts/${contactId}/test`)).toMatchObject({ status: 409 }); // nothing is sent there yet
    expect((await osh.send('POST', `/desk/contacts/${contactId}/proof`)).json()).toEqual({ proof: 'sent' });
    const code = await codeIn('osh-home@example.org');
    expect(await osh.send('POST', `/desk/contacts/${contactId}/proof`)).toMatchObject({ status: 429 });
    const wrong = String((Number(code) + 1) % 1e8).padStart(8, '0');
    expect(await osh.send('PUT', `/desk/contacts/${contactId}/proof`, { json: { code: wrong } })).toMatchObject({ status: 422 });
    expect((await one(contactId))?.verified).toBe(false);
    expect((await osh.send('PUT', `/desk/contacts/${contactId}/proof`, { json: { code: ` ${code.slice(0, 4)} ${code.slice(4)}` } })).status).toBe(200);
    expect((await one(contactId))?.verified).toBe(true);
    expect(await osh.send('PUT', `/desk/contacts/${contactId}/proof`, { json: { code } })).toMatchObject({ status: 409 }); // it worked once
    await osh.send('DELETE', `/desk/contacts/${contactId}`);
  });

  it('a code cannot be guessed: after five wrong ones not even the right one counts', async () => {
    const contactId = await add({ channel: 'email', address: 'osh-guess@example.org', lang: 'en' });
    await osh.send('POST', `/desk/contacts/${contactId}/proof`);
    const code = await codeIn('osh-guess@example.org');
    const stored = await app.database.query<{ row: string }>('SELECT contact_proof::text AS row FROM contact_proof');
    expect(JSON.stringify(stored.rows)).not.toContain(code);
    for (let guess = 0; guess < 5; guess++) await osh.send('PUT', `/desk/contacts/${contactId}/proof`, { json: { code: 'x' } });
    expect(await osh.send('PUT', `/desk/contacts/${contactId}/proof`, { json: { code } })).toMatchObject({ status: 409 });
    expect((await one(contactId))?.verified).toBe(false);
    await osh.send('DELETE', `/desk/contacts/${contactId}`);
  });

  it('a code for an address that takes no mail: said at once, and the next try does not have to wait', async () => {
    const contactId = await add({ channel: 'email', address: 'osh-typo@example.org', lang: 'en' });
    sink.behave({ kind: 'refuse-recipient', code: 550, only: 'osh-typo@example.org' });
    expect(await osh.send('POST', `/desk/contacts/${contactId}/proof`)).toMatchObject({ status: 502 });
    sink.behave({ kind: 'accept' });
    expect(await osh.send('POST', `/desk/contacts/${contactId}/proof`)).toMatchObject({ status: 200 });
    await osh.send('DELETE', `/desk/contacts/${contactId}`);
  });

  it('a test is marked as one, says nothing else, and its result is there with its time', async () => {
    const contactId = coalition.contactIds.get('osh') ?? '';
    const startedAt = Date.now();
    expect((await osh.send('POST', `/desk/contacts/${contactId}/test`)).json()).toMatchObject({ outcome: 'accepted', code: 'smtp-250' });
    const mail = await sink.waitFor(({ to }) => to === coalition.people.osh.email);
    expect([mail.parsed.subject, mail.parsed.text]).toEqual(['Текшерүү', expect.stringContaining('Бул суралган текшерүү билдирүүсү.')]);
    const shown = (await one(contactId))?.lastTest;
    expect(shown).toMatchObject({ outcome: 'accepted', code: 'smtp-250' });
    expect(Date.parse(shown?.at ?? '')).toBeGreaterThanOrEqual(startedAt - 5_000);
    expect(await osh.send('POST', `/desk/contacts/${contactId}/test`)).toMatchObject({ status: 429 });
  });

  it('a device proves itself by its first notification, and then rings', async () => {
    const { offered } = await listed();
    expect(offered.channels).toEqual([{ channel: 'email', proof: 'code' }, { channel: 'web-push', proof: 'device' }]); // what POST takes, no webhook
    expect(offered.webPushKey).toMatch(/^[\w-]{87}$/);
    const device = new PushDevice(`${pushService.origin}/push/osh`);
    const contactId = await add({ channel: 'web-push', subscription: device.subscription, lang: 'ky' });
    expect(await add({ channel: 'web-push', subscription: device.subscription, lang: 'ky' })).toBe(contactId); // subscribed again: the same
    await osh.send('POST', `/desk/contacts/${contactId}/proof`);
    const [first] = pushService.posts.slice(-1);
    if (!first) throw new Error('the device was not notified');
    const { code } = JSON.parse(device.read(first).toString()) as { code: string };
    expect((await osh.send('PUT', `/desk/contacts/${contactId}/proof`, { json: { code } })).status).toBe(200);

    expect((await osh.send('PUT', '/desk/contacts/order', { json: { contactIds: [contactId] } })).status).toBe(204);
    const before = pushService.posts.length;
    const alert = sealAlert(coalition);
    await submit(app.url, alert);
    await until('the device was told', async () => (await deliveriesOf(app.database, alert.alertId)).some(({ channel, state }) => channel === 'web-push' && state === 'sent'));
    const notice = pushService.posts[before];
    if (!notice) throw new Error('the device was not notified');
    expect(JSON.parse(device.read(notice).toString())).toMatchObject({ title: 'Жаңы кайрылуу', lang: 'ky' });
  });

  it('the last mail address cannot be removed: a stolen session must not silence its owner', async () => {
    expect(await osh.send('DELETE', `/desk/contacts/${coalition.contactIds.get('osh') ?? ''}`)).toMatchObject({ status: 409 });
    const device = (await listed()).contacts.find(({ channel }) => channel === 'web-push');
    expect(await osh.send('DELETE', `/desk/contacts/${device?.contactId ?? ''}`)).toMatchObject({ status: 204 });
  });

  it('refuses what is no address', async () => {
    const client = await signIn(app.url, coalition, coalition.people.osh);
    for (const wrong of [{ channel: 'email', address: 'x', lang: 'en' }, { channel: 'pigeon', lang: 'en' }, { channel: 'web-push', lang: 'en', subscription: { endpoint: 'http://x/', keys: {} } }]) {
      expect(await client.send('POST', '/desk/contacts', { json: wrong })).toMatchObject({ status: 400 });
    }
  });

  it('no address and no code is in the log', () => {
    expect(app.log.join('\n')).not.toMatch(/@example\.org|localhost:\d+\/push|\b\d{8}\b/);
  });
});
