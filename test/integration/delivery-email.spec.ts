import { createConnection } from 'node:net';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { decrypt, generateKey, readMessage, readPrivateKey } from 'openpgp';
import PostalMime from 'postal-mime';
import { Bounces, BOUNCE_ADDRESSES } from '../../src/delivery/bounces.js';
import type { BounceAddresses } from '../../src/delivery/channels/email/bounce-address.js';
import { ContactBook } from '../../src/roster/contact-book.js';
import { testApp, type TestApp } from '../support/app.js';
import { TIER } from '../support/coalition.js';
import { submit } from '../support/desk-client.js';
import { attemptsOf, deliveriesOf, sendingTo, until, viewOf } from '../support/ladder.js';
import { startMailSink, type MailSink, type SunkMail } from '../support/mail-sink.js';
import { sealAlert, type SealedAlert } from '../support/sealed-alert.js';
import { demoCoalition, type StoredCoalition } from '../support/stored-coalition.js';

describe('mail', () => {
  let sink: MailSink;
  let app: TestApp;
  let coalition: StoredCoalition;

  beforeAll(async () => {
    sink = await startMailSink();
    const { mail, engine } = sendingTo(sink.port);
    app = await testApp({ config: { mail: { ...mail, bounceDomain: 'bounces.example.org', bouncePort: 0 }, engine } });
    coalition = await demoCoalition(app.database, { contacts: app.service.app.get(ContactBook) });
  });
  afterEach(async () => {
    sink.behave({ kind: 'accept' });
    await app.database.query('UPDATE contact SET disabled_at = NULL, disabled_reason = NULL, pgp_key = NULL');
    await app.database.query(`UPDATE alert_timer SET due_at = now() + interval '1 day' WHERE due_at IS NOT NULL`);
    await app.database.query(`SELECT pg_notify('jardam_roster', '')`);
  });
  afterAll(async () => {
    await app.stop();
    await sink.stop();
  });

  async function send(): Promise<{ alert: SealedAlert; mail: SunkMail }> {
    const alert = sealAlert(coalition);
    await submit(app.url, alert);
    const delivery = await until('sent', async () => (await deliveriesOf(app.database, alert.alertId)).find(({ state }) => state === 'sent'));
    const mail = sink.mails.find(({ messageId }) => messageId === `<${delivery.delivery_id}@example.org>`);
    if (!mail) throw new Error('the mail that was sent is not there');
    return { alert, mail };
  }

  async function useKey(armoredKey: string): Promise<void> {
    await app.database.query('UPDATE contact SET pgp_key = $1 WHERE contact_id = $2', [armoredKey, coalition.contactIds.get('osh')]);
  }

  it('is in the language of its reader, the same in text and HTML, with one link', async () => {
    const { mail } = await send();
    const lines = (mail.parsed.text ?? '').split('\n').filter((line) => line.trim());
    expect(lines).toEqual(['Сизди жаңы кайрылуу күтүп турат. Кезметчинин барагын азыр ачып коюңуз.', 'http://localhost:8080/desk', 'Бул катта башка эч нерсе атайын жазылган жок.']);
    const html = (mail.parsed.html ?? '').replace(/<[^>]+>/g, '\n').split('\n').filter((line) => line.trim());
    expect(html).toEqual(lines);
    expect((mail.parsed.html ?? '').match(/href=/g)).toHaveLength(1);
    expect(mail.parsed.subject).toBe('Жаңы кайрылуу');
    expect(mail.raw.toString('latin1')).not.toMatch(/x-mailer|nodemailer\s|user-agent/i);
  });

  it('is encrypted to the key of the contact, and opens to the same three lines', async () => {
    const { privateKey, publicKey } = await generateKey({ userIDs: [{ email: 'x@example.org' }] });
    await useKey(publicKey);
    const { alert, mail } = await send();
    const [, encrypted] = mail.parsed.attachments;
    expect(mail.raw.toString('latin1')).toContain('multipart/encrypted; protocol="application/pgp-encrypted"');
    const armored = new TextDecoder().decode(encrypted?.content as ArrayBuffer);
    const opened = await decrypt({ message: await readMessage({ armoredMessage: armored }), decryptionKeys: await readPrivateKey({ armoredKey: privateKey }), format: 'binary' });
    const inner = await PostalMime.parse(opened.data as Uint8Array);
    expect(inner.text).toContain('http://localhost:8080/desk');
    expect(mail.raw.toString('latin1')).not.toContain('http://localhost:8080/desk');
    const [delivery] = await deliveriesOf(app.database, alert.alertId);
    expect(await attemptsOf(app.database, delivery?.delivery_id ?? '')).toEqual([{ attempt: 1, outcome: 'accepted', code: 'smtp-250-encrypted' }]);
  });

  it('with a key that has expired or is none still goes out, in clear, and that is on record', async () => {
    const { publicKey } = await generateKey({ userIDs: [{ email: 'x@example.org' }], date: new Date('2020-01-01'), keyExpirationTime: 86_400 });
    for (const [key, reason] of [[publicKey, 'key-expired'], ['not a key', 'key-unreadable']] as const) {
      await useKey(key);
      const { alert, mail } = await send();
      expect(mail.parsed.text).toContain('http://localhost:8080/desk');
      const [delivery] = await deliveriesOf(app.database, alert.alertId);
      expect(await attemptsOf(app.database, delivery?.delivery_id ?? '')).toMatchObject([{ outcome: 'accepted', code: `smtp-250-plain-${reason}` }]);
    }
  });

  it('that comes back later: the contact is switched off, and the next tier is told at once', async () => {
    const { alert, mail } = await send();
    expect(await returnMail(bouncePort(), mail.from, dsn('failed'))).toMatch(/^250/);
    await until('the next tier is told', async () => (await deliveriesOf(app.database, alert.alertId)).some(({ tier, state }) => tier === TIER.T1b && state === 'sent'));
    expect((await viewOf(app, alert.alertId)).tiers[0]).toMatchObject({ status: 'not_reached', reason: 'all_refused', sent: 0 });
    const { rows } = await app.database.query('SELECT disabled_reason FROM contact WHERE contact_id = $1', [coalition.contactIds.get('osh')]);
    expect(rows).toEqual([{ disabled_reason: 'bounced-5.1.1' }]);
  });

  it('a delay, a holiday reply, a made-up address and a forged sender switch nobody off', async () => {
    const { alert, mail } = await send();
    expect(await returnMail(bouncePort(), mail.from, dsn('delayed'))).toMatch(/^250/);
    expect(await returnMail(bouncePort(), mail.from, 'Subject: away\r\n\r\nback on Monday')).toMatch(/^250/);
    expect(await returnMail(bouncePort(), mail.from.replace('bounce+', 'bounce+0'), dsn('failed'))).toMatch(/^550/);
    const addresses = app.service.app.get<BounceAddresses>(BOUNCE_ADDRESSES);
    expect(await returnMail(bouncePort(), addresses.addressFor('0c6f5a1e-8f0b-4b8f-9a59-7f6b2d3c4e5f'), dsn('failed'), 'somebody@example.org')).toMatch(/^550/);
    expect((await deliveriesOf(app.database, alert.alertId)).map(({ state }) => state)).toEqual(['sent']);
  });

  it('a mail server that closes its doors (421) rests behind a breaker, health shows it, and a real message tries it again', async () => {
    sink.behave({ kind: 'refuse-connection', code: 421 });
    const alerts = await Promise.all([1, 2, 3, 4, 5, 6].map(async () => {
      const alert = sealAlert(coalition, { severity: 'S1' });
      await submit(app.url, alert);
      return alert;
    }));
    await until('the breaker is open', async () => (await app.database.query(`SELECT FROM channel_health WHERE key = 'email' AND state = 'open'`)).rowCount === 1);
    const health = (await (await fetch(`${app.url}/health/ready`)).json()) as { checks: Record<string, unknown> };
    expect(health.checks['delivery']).toMatchObject({ ok: false, reason: 'email-fails' });
    const attemptsWhenOpen = sink.log.filter(({ what }) => what === 'connect').length;
    sink.behave({ kind: 'accept' });
    await until('everything is sent', async () => (await Promise.all(alerts.map((alert) => deliveriesOf(app.database, alert.alertId)))).flat().every(({ state }) => state === 'sent'), 40_000);
    expect(sink.log.filter(({ what }) => what === 'connect').length - attemptsWhenOpen).toBeLessThan(alerts.length + 6);
    const { rows } = await app.database.query('SELECT state FROM channel_health');
    expect(rows).toEqual([{ state: 'closed' }]);
    expect((await app.database.query('SELECT FROM contact WHERE disabled_at IS NOT NULL')).rowCount).toBe(0);
  }, 60_000);

  function bouncePort(): number {
    const { port } = app.service.app.get(Bounces);
    if (port === undefined) throw new Error('nobody takes returned mails');
    return port;
  }
});

function dsn(action: string): string {
  return ['Content-Type: multipart/report; report-type=delivery-status; boundary="b"', '', '--b', 'Content-Type: message/delivery-status', '', `Action: ${action}`, 'Status: 5.1.1', '--b--', ''].join('\r\n');
}

/** Hands a mail in as a mail server does; the last answer, of the text or of the command that was refused. */
function returnMail(port: number, to: string, text: string, from = ''): Promise<string> {
  const commands = ['EHLO mail.example.org', `MAIL FROM:<${from}>`, `RCPT TO:<${to}>`, 'DATA', `${text}\r\n.`];
  return new Promise((resolve, reject) => {
    const socket = createConnection(port, '127.0.0.1');
    let pending = '';
    socket.on('error', reject);
    socket.on('data', (chunk) => {
      pending += chunk.toString();
      const last = pending.trimEnd().split('\r\n').at(-1) ?? '';
      if (!/^\d{3} /.test(last)) return;
      pending = '';
      const command = commands.shift();
      if (command !== undefined && Number(last[0]) < 4) return void socket.write(`${command}\r\n`);
      socket.destroy();
      resolve(last);
    });
  });
}
