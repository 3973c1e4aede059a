import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { readdirSync, readFileSync } from 'node:fs';
import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { deriveResponder, instanceIdOf, openVault, parseRoster, parseRosterChain, rosterBodyBytes, rosterHash, toBase64url, type SignedRoster } from '@jardam/protocol';
import { loadCryptography, type Cryptography } from '../../src/cli/cryptography.js';
import type { Policy } from '../../src/domain/policy.js';
import { startCli, type CliProcess } from '../support/cli-process.js';
import type { Coalition } from '../support/coalition.js';
import { Defender } from '../support/defender.js';
import { sealAlert } from '../support/sealed-alert.js';

const startTimeoutMs = 60_000;
/** A delivery that the killed process had in its hands is taken up again when its lease of 30 s is over. */
const mailTimeoutMs = 45_000;
const DESK_LINK = /^ +(http:\/\/127\.0\.0\.1:\d+)\/desk#v=([\w-]{22})\n +(.+)$/gm;

interface Shown {
  readonly pagesUrl: string;
  readonly mailboxUrl: string;
  readonly people: { locator: string; passphrase: string }[];
}

describe('npm start', () => {
  let dataDir: string;
  let crypto: Cryptography;
  let demo: CliProcess;
  let first: Shown;
  // Not the usual ports, and different ones in every run: a developer's own demo may be running.
  const base = 20_000 + Math.floor(Math.random() * 20_000);

  beforeAll(async () => {
    crypto = await loadCryptography();
    dataDir = await mkdtemp(join(tmpdir(), 'jardam-demo-'));
    await chmod(dataDir, 0o711); // else the database, run as another account by root, would be put elsewhere
    ({ demo, shown: first } = await start());
  }, startTimeoutMs);

  afterAll(async () => {
    demo.child.kill('SIGINT');
    await demo.ended;
    await rm(dataDir, { recursive: true, force: true });
  }, startTimeoutMs);

  async function start(): Promise<{ demo: CliProcess; shown: Shown }> {
    const process = startCli(['demo', '--port', `${base}`, '--mailbox-port', `${base + 1}`, '--smtp-port', `${base + 2}`], {
      env: { JARDAM_DATA_DIR: dataDir },
    });
    await process.until('Stop with Ctrl-C');
    const text = process.stdout();
    const people = [...text.matchAll(DESK_LINK)].map(([, , locator = '', passphrase = '']) => ({ locator, passphrase }));
    const mailboxUrl = /Read the mails +(http:\S+)\//.exec(text)?.[1] ?? '';
    return { demo: process, shown: { pagesUrl: /Send an alert +(http:\S+)\//.exec(text)?.[1] ?? '', mailboxUrl, people } };
  }

  /** What a page learns about the coalition before it seals anything. */
  async function coalition(): Promise<Coalition> {
    const { p } = crypto;
    const instance = (await json(`${first.pagesUrl}/api/v1/instance`)) as { policy: { text: string; sha256: string } };
    const bodies = (await rosters()).map((each) => rosterBodyBytes(each) ?? new Uint8Array());
    const newest = bodies.at(-1) ?? new Uint8Array();
    return {
      p,
      instanceId: instanceIdOf(p, bodies[0] ?? new Uint8Array()),
      roster: { body: parseRoster(newest), hash: rosterHash(p, newest) },
      policy: { body: JSON.parse(instance.policy.text) as Policy, sha256: Buffer.from(instance.policy.sha256, 'hex') },
    } as Coalition;
  }

  const rosters = async (): Promise<SignedRoster[]> => parseRosterChain(new Uint8Array(await (await fetch(`${first.pagesUrl}/api/v1/roster`)).arrayBuffer()));
  const json = async (url: string): Promise<unknown> => (await fetch(url)).json();
  const mailsOf = (address: string): string[] => {
    try {
      return readdirSync(join(dataDir, 'demo', 'mails', address.replace('@', '%40').replaceAll('.', '%2e')));
    } catch {
      return [];
    }
  };

  async function mailTo(address: string, count: number): Promise<string[]> {
    const deadline = performance.now() + mailTimeoutMs;
    while (mailsOf(address).length < count && performance.now() < deadline) await sleep(100);
    return mailsOf(address);
  }

  it('says that it is a demo, and prints where to go and who answers', () => {
    expect(demo.stdout()).toContain('THIS IS A DEMO');
    expect(first.pagesUrl).toBe(`http://127.0.0.1:${base}`);
    expect(first.mailboxUrl).toBe(`http://127.0.0.1:${base + 1}`);
    expect(first.people).toHaveLength(7);
    expect(demo.stdout()).toContain('docs/operations/setup.md');
  });

  it('has made every key on this machine: the printed passphrases open the vaults of the people in the roster', async () => {
    const { p, passwordHash } = crypto;
    const { roster } = await coalition();
    const named = new Set(roster.body.responders.map(({ sig_pk: key }) => key));
    for (const { locator, passphrase } of first.people) {
      const answer = await fetch(`${first.pagesUrl}/api/v1/desk/vaults/current`, { headers: { authorization: `Bearer ${locator}` } });
      const opened = await openVault(p, passwordHash, new Uint8Array(await answer.arrayBuffer()), { passphrase });
      if ('refused' in opened) throw new Error(opened.refused);
      const { signPk } = deriveResponder(p, opened.masterSecret);
      expect(named.delete(toBase64url(signPk))).toBe(true);
    }
    expect(named.size).toBe(0);
  });

  it('lets the pages say that everybody is invented', async () => {
    expect(await json(`${first.pagesUrl}/api/v1/instance`)).toMatchObject({ demo: true });
  });

  it('delivers an alert to the first tier, as a mail with a link to the desk and nothing else', async () => {
    const canary = 'canary-in-the-report';
    const alert = sealAlert(await coalition(), { severity: 'S1', t: 'panic', answers: { what: canary } });
    expect((await new Defender(first.pagesUrl).send(alert.submission)).status).toBe(201);
    const [mail = ''] = await mailTo('officer@osh.example', 1);
    const raw = readFileSync(join(dataDir, 'demo', 'mails', 'officer%40osh%2eexample', mail), 'utf8');
    expect(raw).not.toContain(canary);
    const page = await (await fetch(`${first.mailboxUrl}/mail/${encodeURIComponent('officer@osh.example')}/${mail.replace('.eml', '')}`)).text();
    expect(page).toContain(`<a href="${first.pagesUrl}/desk`);
  });

  it('loses nothing to kill -9: everybody and every accepted alert are there again', async () => {
    const before = mailsOf('officer@osh.example').length;
    const alert = sealAlert(await coalition(), { severity: 'S1', t: 'panic' });
    expect((await new Defender(first.pagesUrl).send(alert.submission)).status).toBe(201);
    demo.child.kill('SIGKILL');
    await demo.ended;

    const again = await start();
    demo = again.demo;
    expect(again.shown).toEqual(first);
    expect(await mailTo('officer@osh.example', before + 1)).not.toHaveLength(before);
    expect((await new Defender(first.pagesUrl).mailbox(alert)).json).toMatchObject({ alertId: alert.alertIdHex });
    expect(await rosters()).toHaveLength(1);
  }, startTimeoutMs + mailTimeoutMs);

  it('stops cleanly on Ctrl-C, and takes the next free port when somebody sits on its own', async () => {
    const server = Number(readFileSync(postmasterPid(), 'utf8').split('\n')[0]);
    demo.child.kill('SIGINT');
    expect(await demo.ended).toMatchObject({ code: 0, stderr: expect.stringContaining('Everything is kept') });
    expect(() => process.kill(server, 0)).toThrow('ESRCH');
    await expect(fetch(first.pagesUrl)).rejects.toThrow();

    const squatter = createServer().listen(base, '127.0.0.1');
    try {
      const again = await start();
      demo = again.demo;
      expect(Number(new URL(again.shown.pagesUrl).port)).toBeGreaterThan(base);
      expect(demo.stdout()).toContain(`(port ${base} was taken`);
      expect(again.shown.people).toEqual(first.people);
    } finally {
      squatter.close();
    }
  }, startTimeoutMs);

  it('leaves a second start in the same folder alone', async () => {
    const second = startCli(['demo', '--port', `${base + 100}`], { env: { JARDAM_DATA_DIR: dataDir } });
    const { code, stderr } = await second.ended;
    expect(code).toBe(1);
    expect(stderr).toMatch(/in use by another running Jardam/);
  });

  function postmasterPid(): string {
    return join(dataDir, 'postgres', 'cluster', 'postmaster.pid');
  }
});
