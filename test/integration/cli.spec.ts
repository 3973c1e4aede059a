import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createVault, deriveResponder, drawMasterSecret, drawResponderId, keyFingerprint, minVaultMemoryBytes, fromBase64url, signPossession, toBase64url, toHex } from '@jardam/protocol';
import { wordsFromBytes } from '@jardam/protocol/words';
import { parse, stringify } from 'yaml';
import { loadCryptography, type Cryptography } from '../../src/cli/cryptography.js';
import { runCommandLine } from '../../src/cli/program.js';
import { CliFailure } from '../../src/cli/failure.js';
import { testApp, type TestApp } from '../support/app.js';
import { runCli, type CliRun } from '../support/cli-process.js';
import { startMailSink, type MailSink } from '../support/mail-sink.js';
import { startWebReceiver } from '../support/web-receiver.js';

const PASSPHRASES = ['first custodian keeps this one', 'second custodian keeps this', 'third custodian, far away'];
const storyTimeoutMs = 120_000;

/** An operator's and three custodians' first days, command by command, against a running service. */
describe('jardam on the command line', () => {
  let app: TestApp;
  let mail: MailSink;
  let crypto: Cryptography;
  let folder: string;
  let environment: NodeJS.ProcessEnv;
  const recoveryCodes: string[] = [];
  const at = (name: string): string => join(folder, name);

  beforeAll(async () => {
    crypto = await loadCryptography();
    folder = mkdtempSync(join(tmpdir(), 'jardam-cli-'));
    mail = await startMailSink();
    const settings = { mail: { host: '127.0.0.1', port: mail.port, security: 'none' as const }, instance: { dataDir: at('data') } };
    app = await testApp({ config: settings });
    writeFileSync(at('jardam.yaml'), stringify({ ...settings, instance: { ...settings.instance, publicUrl: app.url } }));
    environment = { JARDAM_CONFIG: at('jardam.yaml'), DATABASE_URL: app.databaseUrl };
    PASSPHRASES.forEach((passphrase, i) => writeFileSync(at(`passphrase-${i}`), `${passphrase}\n`, { mode: 0o600 }));
  }, storyTimeoutMs);

  afterAll(async () => {
    await app.stop();
    await mail.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  /** One command in this process, with somebody who gives these answers. */
  async function jardam(args: string, answers: readonly string[] = [], options: { interactive?: boolean; env?: NodeJS.ProcessEnv } = {}): Promise<CliRun> {
    const said: string[] = [];
    const noted: string[] = [];
    const left = [...answers];
    const answer = (question: string): Promise<string> => {
      noted.push(question);
      const next = left.shift();
      return next === undefined ? Promise.reject(new CliFailure(`nobody answers "${question}"`)) : Promise.resolve(next);
    };
    const code = await runCommandLine(args.split(' ').filter(Boolean), {
      terminal: { interactive: options.interactive ?? true, say: (line) => said.push(line), note: (line) => noted.push(line), ask: answer, askSecret: answer },
      environment: options.env ?? environment,
      now: () => new Date(),
    });
    return { code, stdout: said.join('\n'), stderr: noted.join('\n') };
  }

  async function done(args: string, answers: readonly string[] = []): Promise<CliRun> {
    const run = await jardam(args, answers);
    if (run.code !== 0) throw new Error(`jardam ${args}: ${run.stderr}`);
    return run;
  }

  const sign = (file: string, custodian: number, options = '--yes'): Promise<CliRun> =>
    jardam(`roster sign ${at(file)} --key ${at(`custodian-${custodian}`)} --passphrase-file ${at(`passphrase-${custodian}`)} ${options}`);

  /** What the browser of somebody new does with the link of an invitation. */
  async function enrol(link: string, address: string): Promise<{ rid: string; words: string }> {
    const { p, passwordHash } = crypto;
    const token = /#invite=([\w-]+)$/.exec(link)?.[1] ?? '';
    const { instanceId } = (await (await fetch(`${app.url}/api/v1/desk/invitations/current`, { headers: { authorization: `Bearer ${token}` } })).json()) as { instanceId: string };
    const [rid, masterSecret] = [drawResponderId(p), drawMasterSecret(p)];
    const { signSeed, signPk, kem } = deriveResponder(p, masterSecret);
    const { bytes } = await createVault(p, passwordHash, masterSecret, { passphrase: 'a desk passphrase', memoryBytes: minVaultMemoryBytes });
    const possession = signPossession(p, { instanceId: fromBase64url(instanceId, 32) ?? new Uint8Array(), rid, kemPk: kem.publicKey }, signSeed);
    const answer = await fetch(`${app.url}/api/v1/desk/enrolments`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({
        invitation: token,
        rid: toHex(rid),
        sigPk: toBase64url(signPk),
        kemPk: toBase64url(kem.publicKey),
        possession: toBase64url(possession),
        vault: toBase64url(bytes),
        vaultLocator: toBase64url(p.randomBytes(16)),
        contacts: [{ channel: 'email', address, lang: 'ky' }],
      }),
    });
    expect(answer.status).toBe(201);
    return { rid: toHex(rid), words: wordsFromBytes(keyFingerprint(p, { signPk, kemPk: kem.publicKey })).join(' ') };
  }

  it('three custodians make their keys: private, sealed, never overwritten', async () => {
    for (const i of [0, 1, 2]) {
      const made = await done(`custodian key new --out ${at(`custodian-${i}`)} --passphrase-file ${at(`passphrase-${i}`)}`);
      recoveryCodes.push(/[0-9A-Z]{4}(-[0-9A-Z]{4}){7}/.exec(made.stderr)?.[0] ?? '');
      expect(statSync(at(`custodian-${i}`)).mode & 0o777).toBe(0o600);
      const shown = await done(`custodian fingerprint ${at(`custodian-${i}`)}`);
      expect(shown.stdout).toBe(made.stdout);
      expect(made.stderr).toMatch(/Recovery code/);
    }
    const before = readFileSync(at('custodian-0'), 'utf8');
    expect(await jardam(`custodian key new --out ${at('custodian-0')} --passphrase-file ${at('passphrase-0')}`)).toMatchObject({
      code: 1,
      stderr: expect.stringMatching(/exists already, and is not overwritten$/),
    });
    expect(readFileSync(at('custodian-0'), 'utf8')).toBe(before);
  }, storyTimeoutMs);

  it('a passphrase typed twice differently, a short one, or one in a file that others can read is refused', async () => {
    expect(await jardam(`custodian key new --out ${at('no')}`, ['one long passphrase!', 'another passphrase!!'])).toMatchObject({ code: 1, stderr: expect.stringMatching(/differ/) });
    expect(await jardam(`custodian key new --out ${at('no')}`, ['short'])).toMatchObject({ code: 1, stderr: expect.stringMatching(/too short/) });
    writeFileSync(at('open'), PASSPHRASES[0] ?? '', { mode: 0o644 });
    expect(await jardam(`custodian key new --out ${at('no')} --passphrase-file ${at('open')}`)).toMatchObject({ code: 1, stderr: expect.stringMatching(/chmod 600/) });
  });

  it('the coalition file is made from the example, and says exactly what is missing in it', async () => {
    await done(`custodian init --out ${at('coalition.yaml')}`);
    expect(await jardam(`roster draft --coalition ${at('coalition.yaml')} --out ${at('no')}`)).toMatchObject({
      code: 1,
      stderr: expect.stringMatching(/coalition\.yaml:\d+:\d+: roots\[0\]: allowed is a public key/),
    });
    const coalition = parse(readFileSync(at('coalition.yaml'), 'utf8')) as Record<string, unknown>;
    const roots = [0, 1, 2].map((i) => (JSON.parse(readFileSync(at(`custodian-${i}`), 'utf8')) as { public: string }).public);
    writeFileSync(at('coalition.yaml'), stringify({ ...coalition, roots }));
  });

  it('a policy is checked, then published once', async () => {
    const file = 'config/policies/kyrgyzstan.yaml';
    expect((await done(`policy check ${file}`)).stdout).toMatch(/T4 +30 min +4 h +3 d +never/);
    writeFileSync(at('broken.yaml'), readFileSync(file, 'utf8').replace('S1: 5 min', 'S1: soon'));
    expect(await jardam(`policy check ${at('broken.yaml')}`)).toMatchObject({ code: 1, stderr: expect.stringMatching(/broken\.yaml:\d+:\d+: tiers\[1\]\.after\.S1: allowed is a duration/) });
    const first = await done(`policy publish ${file}`);
    expect((await done(`policy publish ${file}`)).stdout).toBe(first.stdout);
    writeFileSync(at('changed.yaml'), readFileSync(file, 'utf8').replace('S1: 5 min', 'S1: 6 min'));
    expect(await jardam(`policy publish ${at('changed.yaml')}`)).toMatchObject({ code: 1, stderr: expect.stringMatching(/raise its version/) });
    expect((await done('policy list')).stdout).toMatch(/^kyrgyzstan {2}version 2 {2}[0-9a-f]{64}/);
  });

  it('the first roster needs two of three signatures, and the service is not set up before', async () => {
    expect((await fetch(`${app.url}/api/v1/instance`)).status).toBe(503);
    await done(`roster draft --coalition ${at('coalition.yaml')} --out ${at('v1')}`);
    expect(await jardam(`roster publish ${at('v1')}`)).toMatchObject({ code: 1, stderr: expect.stringMatching(/not enough custodians have signed/) });
    expect((await sign('v1', 0)).stdout).toMatch(/1 signature in/);
    expect((await sign('v1', 0)).stdout).toMatch(/1 signature in/); // signing twice is one signature
    expect(await jardam(`roster publish ${at('v1')}`)).toMatchObject({ code: 1 });
    expect((await sign('v1', 2)).stdout).toMatch(/2 signatures in/);
    const published = await done(`roster publish ${at('v1')}`);
    expect(published.stdout).toMatch(/version 1 is published/);
    const instance = /instance: (\S+)/.exec(published.stdout)?.[1] ?? '';
    expect(await (await fetch(`${app.url}/api/v1/instance`)).json()).toMatchObject({ instanceId: instance, roster: { version: 1 } });
    expect((await done(`roster verify --instance ${instance}`)).stdout).toMatch(/1 version verified/);
    expect((await done(`roster verify --url ${app.url} --instance ${instance}`)).stdout).toMatch(/1 version verified/);
  }, storyTimeoutMs);

  it('a custodian signs what they have read: the wrong number, passphrase or key signs nothing', async () => {
    const before = readFileSync(at('v1'), 'utf8');
    const key = `roster sign ${at('v1')} --key ${at('custodian-1')}`;
    expect(await jardam(key, ['2'])).toMatchObject({ code: 1, stderr: expect.stringMatching(/not signed$/) });
    expect(await jardam(key, ['1', 'not the passphrase'])).toMatchObject({ code: 1, stderr: expect.stringMatching(/wrong passphrase$/) });
    expect(await jardam(key, [], { interactive: false })).toMatchObject({ code: 2 });
    await done(`custodian key new --out ${at('stranger')} --passphrase-file ${at('passphrase-0')}`);
    expect(await jardam(`roster sign ${at('v1')} --key ${at('stranger')} --passphrase-file ${at('passphrase-0')} --yes`)).toMatchObject({
      code: 1,
      stderr: expect.stringMatching(/not one of the coalition's custodians/),
    });
    expect(readFileSync(at('v1'), 'utf8')).toBe(before);
  }, storyTimeoutMs);

  it('a mailed invitation proves the address; the custodians see the words that the person reads out', async () => {
    const run = await done('invite --org local-partner --role officer --tiers 1,2 --mail', ['officer@partner.example']);
    expect(run.stdout).not.toContain('invite=');
    const { parsed } = await mail.waitFor(({ to }) => to === 'officer@partner.example');
    const link = /http\S+#invite=[\w-]+/.exec(parsed.text ?? '')?.[0] ?? '';
    const officer = await enrol(link, 'officer@partner.example');
    const contacts = await done('contact list');
    expect(contacts.stdout).toMatch(new RegExp(`${officer.rid} {2}email {2}priority 1 {2}ky {2}plain {2}verified$`));
    expect(contacts.stdout).not.toContain('@');
    expect((await done('contact list --addresses')).stdout).toContain('officer@partner.example');

    const drafted = await done(`roster draft --coalition ${at('coalition.yaml')} --out ${at('v2')}`);
    expect(drafted.stdout).toContain(`+ ${officer.rid} local-partner, officer, tier 1, 2, active: ${officer.words}`);
    await sign('v2', 0);
    await sign('v2', 1);
    await done(`roster publish ${at('v2')}`);
    expect((await done('roster show')).stdout).toContain(officer.words);
  }, storyTimeoutMs);

  it('an invitation by hand leaves the address unverified until the operator has checked it', async () => {
    const link = (await done('invite --org eu-delegation --role focal-point --tiers 5')).stdout;
    const { rid } = await enrol(link, 'focal@delegation.example');
    const line = (await done('contact list')).stdout.split('\n').find((each) => each.includes(rid)) ?? '';
    expect(line).toMatch(/not verified$/);
    await done(`contact verify --by-hand ${line.split('  ')[0]}`);
    expect((await done('contact list')).stdout).not.toMatch(/not verified/);
    expect(await jardam('invite --org nowhere --role x --tiers 1')).toMatchObject({ code: 1, stderr: expect.stringMatching(/no organisation "nowhere"; it has local-partner, eu-delegation/) });
  });

  it('a mail address is proved by the code that arrives there, and tested', async () => {
    const id = (await done('contact add --operator --lang en', ['ops@coalition.example'])).stdout;
    expect(await jardam(`contact test ${id}`)).toMatchObject({ code: 1, stderr: expect.stringMatching(/not verified/) });
    expect(await jardam(`contact verify ${id}`, [''])).toMatchObject({ code: 1, stderr: expect.stringMatching(/contact verify --code/) });
    const sent = await mail.waitFor(({ to }) => to === 'ops@coalition.example');
    const code = /\d{8}/.exec(sent.parsed.text ?? '')?.[0] ?? '';
    expect(await jardam(`contact verify --code ${id}`, ['00000000 no'])).toMatchObject({ code: 1, stderr: expect.stringMatching(/not the code/) });
    expect(await jardam(`contact verify --code ${id}`, [code])).toMatchObject({ code: 0, stdout: 'verified' });
    expect((await done(`contact test ${id}`)).stdout).toMatch(/^\d{4}-\d\d-\d\dT.*accepted \(smtp-250\)$/);
    expect((await mail.waitFor(({ to, parsed }) => to === 'ops@coalition.example' && parsed.subject === 'Test')).parsed.text).toMatch(/^This is a test that was asked for\./);
    expect((await done('contact list')).stdout).toMatch(new RegExp(`${id} .*test .*accepted \\(smtp-250\\) {2}verified`));
    expect((await done(`contact remove ${id}`)).stdout).toBe('removed');
    expect(await jardam(`contact remove ${id}`)).toMatchObject({ code: 1, stderr: expect.stringMatching(/no contact of that id/) });
  });

  it('a webhook proves itself, and is told with which key to check what it is sent', async () => {
    const receiver = await startWebReceiver();
    try {
      const settings = { ...(parse(readFileSync(at('jardam.yaml'), 'utf8')) as object), outbound: { caFile: receiver.caFile, allowedNetworks: ['127.0.0.0/8', '::1/128'] } };
      writeFileSync(at('webhook.yaml'), stringify(settings));
      const env = { ...environment, JARDAM_CONFIG: at('webhook.yaml') };
      expect(await jardam('contact add --duty-desk --channel webhook', ['http://receiver.example/'])).toMatchObject({ code: 1, stderr: expect.stringMatching(/allowed is https:/) });
      const id = (await done('contact add --duty-desk --channel webhook', [`${receiver.origin}/hook`])).stdout;
      // Under the service's own settings the receiver is in a private network.
      expect(await jardam(`contact verify ${id}`)).toMatchObject({ code: 1, stderr: expect.stringMatching(/address-refused/) });
      receiver.answer(({ body }) => ({ status: 200, body: JSON.stringify((JSON.parse(body.toString()) as { data: unknown }).data) }));
      expect(await jardam(`contact verify ${id}`, [], { env })).toMatchObject({ code: 0, stdout: 'verified' });
      expect(await jardam(`contact test ${id}`, [], { env })).toMatchObject({ code: 0, stdout: expect.stringMatching(/accepted \(http-200\)$/) });
      expect(receiver.posts.map(({ body }) => (JSON.parse(body.toString()) as { type: string }).type)).toEqual(['proof', 'test']);
      expect((await done('contact keys')).stdout).toMatch(/^whpk_[A-Za-z0-9+/]{43}=$/);
      await done(`contact remove ${id}`);
    } finally {
      await receiver.stop();
    }
  });

  it('the address of a contact is asked for, never an argument', async () => {
    await done('contact add --duty-desk --verified --lang ru', ['duty@coalition.example']);
    expect(await jardam('contact add --operator', ['not an address'])).toMatchObject({ code: 1, stderr: expect.stringMatching(/not a mail address$/) });
    expect(await jardam('contact add --operator --verified ops@coalition.example', [])).toMatchObject({ code: 2 });
    expect(await jardam('contact add', ['x@y.example'])).toMatchObject({ code: 2, stderr: expect.stringMatching(/exactly one/) });
    expect(await jardam(`contact add --rid ${'0'.repeat(32)}`, ['x@y.example'])).toMatchObject({ code: 1, stderr: expect.stringMatching(/nobody of that id/) });
  });

  it('one custodian alone can freeze a raided partner', async () => {
    const drafted = await done(`roster draft --freeze local-partner --out ${at('v3')}`);
    expect(drafted.stdout).toMatch(/^~ [0-9a-f]{32} local-partner, officer: active → revoked$/);
    // The one who is there has forgotten the passphrase, and has the paper.
    await done(`roster sign ${at('v3')} --key ${at('custodian-1')} --recovery --yes`, [recoveryCodes[1] ?? '']);
    expect((await done(`roster publish ${at('v3')}`)).stdout).toMatch(/version 3 is published/);
    const { rows } = await app.database.query('SELECT FROM tier_member WHERE org = $1', ['local-partner']);
    expect(rows).toHaveLength(0);
  }, storyTimeoutMs);

  it('a draft that somebody has overtaken, or changed, is refused', async () => {
    expect(await jardam(`roster publish ${at('v2')}`)).toMatchObject({ code: 1 });
    const tampered = JSON.parse(readFileSync(at('v3'), 'utf8')) as { draft: { body: string } };
    const body = Buffer.from(tampered.draft.body, 'base64url').toString().replace('"threshold":2', '"threshold":1');
    writeFileSync(at('tampered'), JSON.stringify({ ...tampered, draft: { ...tampered.draft, body: Buffer.from(body).toString('base64url') } }));
    expect(await jardam(`roster publish ${at('tampered')}`)).toMatchObject({ code: 1, stderr: expect.stringMatching(/refused/) });
  });

  it('doctor names what is wrong, with exit codes for monitoring', async () => {
    const run = await jardam('doctor --json');
    const { findings } = JSON.parse(run.stdout) as { findings: { check: string; state: string; text: string }[] };
    const state = (check: string): string | undefined => findings.find((each) => each.check === check)?.state;
    expect(run.code).toBe(1);
    expect(state('database')).toBe('ok');
    expect(state('roster')).toBe('ok');
    expect(state('mail')).toBe('ok');
    expect(state('page')).toBe('ok');
    expect(state('tier T1')).toBe('problem'); // the frozen partner was all there was
    expect(state('duty desk')).toBe('ok');
    expect(state('operator')).toBe('problem');
    expect(state('contacts key')).toBe('ok');
    expect(run.stdout).not.toContain('@');
  }, storyTimeoutMs);

  it('doctor notices an old backup, a key that others can read, and a mail server that is gone', async () => {
    writeFileSync(at('gone.yaml'), readFileSync(at('jardam.yaml'), 'utf8').replace(/port: \d+/, `port: ${await closedPort()}`));
    const key = join(at('data'), 'keys', 'contacts.key');
    chmodSync(key, 0o644);
    mkdirSync(at('backups'));
    writeFileSync(join(at('backups'), 'jardam.dump'), 'x');
    const dayBeforeYesterday = new Date(Date.now() - 49 * 3_600_000);
    utimesSync(join(at('backups'), 'jardam.dump'), dayBeforeYesterday, dayBeforeYesterday);
    const run = await jardam(`doctor --backups ${at('backups')}`, [], { env: { ...environment, JARDAM_CONFIG: at('gone.yaml') } });
    chmodSync(key, 0o600);
    expect(run.code).toBe(3);
    expect(run.stdout).toMatch(/UNREACHABLE {2}mail/);
    expect(run.stdout).toMatch(/PROBLEM {6}backups +the newest is 2 days old/);
    expect(run.stdout).toMatch(/PROBLEM {6}contacts key +.*can be read by others: chmod 600/);
    writeFileSync(join(at('backups'), 'jardam-2.dump'), 'x');
    expect((await jardam(`doctor --backups ${at('backups')}`)).stdout).toMatch(/ok {11}backups/);
  }, storyTimeoutMs);

  it('a database that is down is exit code 3 and one line without its address', async () => {
    const url = `postgresql://jardam:secret-canary@127.0.0.1:${await closedPort()}/jardam`;
    for (const command of ['policy list', 'doctor']) {
      const run = await jardam(command, [], { env: { ...environment, DATABASE_URL: url } });
      expect(run.code).toBe(3);
      expect(run.stdout + run.stderr).not.toContain('secret-canary');
    }
  }, storyTimeoutMs);

  it('a wrong setting is named with its file, line and what is allowed', async () => {
    writeFileSync(at('wrong.yaml'), 'mail:\n  security: ssl\n');
    const run = await jardam('policy list', [], { env: { ...environment, JARDAM_CONFIG: at('wrong.yaml') } });
    expect(run).toMatchObject({ code: 2, stderr: expect.stringMatching(/wrong\.yaml:2:13: mail\.security: allowed is one of tls, starttls, none; found "ssl"/) });
  });

  it('works as a process too: a passphrase from a descriptor, an address from a pipe, help and usage errors', async () => {
    const env = { ...environment };
    expect(await runCli(['custodian', 'key', 'new', '--out', at('piped'), '--passphrase-fd', '0'], { env, input: 'a passphrase from a pipe\n' })).toMatchObject({
      code: 0,
      stdout: expect.stringMatching(/^public key: [\w-]{43}\nwords: +\w+/),
    });
    expect(await runCli(['contact', 'add', '--operator', '--verified'], { env, input: 'operator@coalition.example\n' })).toMatchObject({ code: 0, stdout: expect.stringMatching(/^[0-9a-f-]{36}\n$/) });
    expect(await runCli(['--help'])).toMatchObject({ code: 0, stdout: expect.stringMatching(/Exit codes/) });
    expect(await runCli(['roster', 'publish'])).toMatchObject({ code: 2 });
    expect(await runCli(['custodian', 'key', 'new', '--out', at('no')])).toMatchObject({ code: 2, stderr: expect.stringMatching(/--passphrase-file or --passphrase-fd/) });
  }, storyTimeoutMs);
});

async function closedPort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await new Promise((listening) => server.once('listening', listening));
  const { port } = server.address() as { port: number };
  await new Promise((closed) => server.close(closed));
  return port;
}
