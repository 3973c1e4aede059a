import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { get } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import nodemailer from 'nodemailer';
import { MailFolder } from './mail-folder.js';
import { startMailboxServer, type MailboxServer } from './mailbox-server.js';
import type { SmtpListener } from '../../platform/mail/smtp-listener.js';
import { startSmtpReceiver } from './smtp-receiver.js';

const OSH = { address: 'osh@partner.example', name: 'Case officer, Osh' };
const BISHKEK = { address: 'bishkek@partner.example', name: 'Coordinator, Bishkek' };

describe('the demo mailbox', () => {
  let directory: string;
  let folder: MailFolder;
  let smtp: SmtpListener;
  let page: MailboxServer;

  beforeEach(async () => {
    directory = mkdtempSync(join(tmpdir(), 'jardam-mailbox-'));
    folder = new MailFolder(join(directory, 'mails'));
    smtp = await startSmtpReceiver(0, folder);
    page = await startMailboxServer(0, folder, [OSH, BISHKEK]);
  });

  afterEach(async () => {
    await page.stop();
    await smtp.stop();
    rmSync(directory, { recursive: true, force: true });
  });

  async function send(mail: { to: string; subject: string; text: string }): Promise<void> {
    const transport = nodemailer.createTransport({ host: '127.0.0.1', port: smtp.port, secure: false, ignoreTLS: true });
    await transport.sendMail({ from: 'notice@jardam.example', ...mail });
    transport.close();
  }

  const read = async (path: string): Promise<string> => (await fetch(page.url + path)).text();

  it('shows a mail under the person it was sent to, with a link that can be pressed', async () => {
    await send({ to: OSH.address, subject: 'Жаңы билдирүү', text: 'Open the desk:\nhttp://127.0.0.1:8080/desk#a=1' });

    const overview = await read('/');
    const [osh = '', bishkek = ''] = overview.split('Coordinator, Bishkek');
    expect(osh).toContain('Жаңы билдирүү');
    expect(bishkek).toContain('No mail yet');

    const path = /href="(\/mail\/[^"]+)"/.exec(overview)?.[1] ?? '';
    const mail = await read(path);
    expect(mail).toContain('Case officer, Osh');
    expect(mail).toContain('<a href="http://127.0.0.1:8080/desk#a=1" target="_blank" rel="noreferrer">');
  });

  it('has a mail on the disk before it says that it was accepted', async () => {
    await send({ to: BISHKEK.address, subject: 'one', text: 'two' });
    const [recipient = ''] = readdirSync(join(directory, 'mails'));
    expect(readdirSync(join(directory, 'mails', recipient))).toEqual([expect.stringMatching(/\.eml$/)]);
  });

  it('keeps the mails when it is started again', async () => {
    await send({ to: OSH.address, subject: 'before the restart', text: 'x' });
    await page.stop();
    page = await startMailboxServer(0, new MailFolder(join(directory, 'mails')), [OSH]);
    expect(await read('/')).toContain('before the restart');
  });

  it('never runs what a mail brings', async () => {
    await send({ to: OSH.address, subject: '<script>alert(1)</script>', text: '<img src=x onerror=alert(2)> https://x.example/"onclick="y' });
    const overview = await read('/');
    expect(overview).not.toContain('<script>');
    const mail = await read(/href="(\/mail\/[^"]+)"/.exec(overview)?.[1] ?? '');
    expect(mail).not.toContain('<img');
    expect(mail).not.toContain('onclick="y"');
    const response = await fetch(page.url);
    expect(response.headers.get('content-security-policy')).toContain("default-src 'none'");
  });

  it('reads nothing outside its folder', async () => {
    await send({ to: '../../outside@partner.example', subject: 'climbing', text: 'x' }).catch(() => undefined);
    expect(existsSync(join(directory, '..', 'outside@partner.example'))).toBe(false);
    for (const path of ['/mail/..%2f..%2fetc/passwd', '/mail/%2e%2e/20260101T000000000Z-00000000', '/mail/%zz/x']) {
      expect((await fetch(page.url + path)).status).toBe(404);
    }
  });

  it('does not answer under another host name, which a hostile web site could point here', async () => {
    const status = await new Promise<number | undefined>((answered, failed) => {
      get(page.url, { headers: { host: 'evil.example' } }, (response) => answered(response.resume().statusCode)).on('error', failed);
    });
    expect(status).toBe(421);
  });
});
