import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import {
  createVault,
  deriveResponder,
  drawMasterSecret,
  drawResponderId,
  minVaultMemoryBytes,
  openVault,
  signPossession,
  signVaultChange,
  toBase64url,
  toHex,
  type PasswordHash,
} from '@jardam/protocol';
import { loadSodiumArgon2 } from '@jardam/protocol/sodium';
import { Invitations } from '../../src/desk/invitations.js';
import { ContactBook } from '../../src/roster/contact-book.js';
import { testApp, type TestApp } from '../support/app.js';
import type { Person } from '../support/coalition.js';
import { request, signIn, trySignIn, type Answer } from '../support/desk-client.js';
import { demoCoalition, type StoredCoalition } from '../support/stored-coalition.js';

const day = 86_400_000;

describe('the first day of a responder', () => {
  let app: TestApp;
  let coalition: StoredCoalition;
  let passwordHash: PasswordHash;
  let contacts: ContactBook;

  beforeAll(async () => {
    app = await testApp();
    contacts = app.service.app.get(ContactBook);
    coalition = await demoCoalition(app.database, { contacts });
    passwordHash = await loadSodiumArgon2();
  });
  afterAll(async () => app.stop());

  const invite = async (more: { address?: string; lifetimeMs?: number } = {}): Promise<string> => {
    const invitations = new Invitations(coalition.p, contacts);
    const place = { org: 'partner-osh', role: 'officer', tiers: [1, 2] };
    const { token } = await app.database.transaction((tx) => invitations.create(tx, { ...place, lifetimeMs: 7 * day, ...more }));
    return token;
  };

  /** What the browser of the invited person makes. */
  const makeEnrolment = async (invitation: string, address = 'new@example.org') => {
    const { p, instanceId } = coalition;
    const rid = drawResponderId(p);
    const masterSecret = drawMasterSecret(p);
    const keys = deriveResponder(p, masterSecret);
    const vault = await createVault(p, passwordHash, masterSecret, { passphrase: 'four words for tests', memoryBytes: minVaultMemoryBytes });
    const vaultLocator = toBase64url(p.randomBytes(16));
    const person = { ...coalition.people.newcomer, rid, ridHex: toHex(rid), masterSecret, keys } satisfies Person;
    return {
      person,
      vault,
      vaultLocator,
      body: {
        invitation,
        rid: person.ridHex,
        sigPk: toBase64url(keys.signPk),
        kemPk: toBase64url(keys.kem.publicKey),
        possession: toBase64url(signPossession(p, { instanceId, rid, kemPk: keys.kem.publicKey }, keys.signSeed)),
        vault: toBase64url(vault.bytes),
        vaultLocator,
        contacts: [{ channel: 'email', address, lang: 'ky' }],
      },
    };
  };
  const enrol = (body: object): Promise<Answer> => request(app.url, 'POST', '/desk/enrolments', { json: body });
  const look = (token: string): Promise<Answer> => request(app.url, 'GET', '/desk/invitations/current', { token });

  it('goes from the invitation to a place on probation, with a vault that only its owner opens', async () => {
    const token = await invite();
    expect((await look(token)).json()).toMatchObject({
      org: 'partner-osh',
      role: 'officer',
      tiers: [1, 2],
      instanceId: toBase64url(coalition.instanceId),
    });
    const { person, body, vaultLocator } = await makeEnrolment(token);
    const enrolled = await enrol(body);
    expect([enrolled.status, enrolled.json()]).toEqual([201, { rid: person.ridHex }]);

    const stored = await request(app.url, 'GET', '/desk/vaults/current', { token: vaultLocator });
    expect(stored.headers.get('content-type')).toBe('application/octet-stream');
    const opened = await openVault(coalition.p, passwordHash, stored.bytes, { passphrase: 'four words for tests' });
    expect(opened).toEqual({ masterSecret: person.masterSecret });

    const session = await trySignIn(app.url, coalition, person);
    expect(session.json()).toMatchObject({ rid: person.ridHex, org: 'partner-osh', status: 'probation' });
  });

  it('says the same of invitations that are wrong, used, or expired', async () => {
    const used = await invite();
    expect((await enrol((await makeEnrolment(used)).body)).status).toBe(201);
    const expired = await invite({ lifetimeMs: -1 });
    const wrong = toBase64url(coalition.p.randomBytes(32));

    const looks = await Promise.all([used, expired, wrong, 'short'].map(look));
    const attempts = await Promise.all([used, expired, wrong].map(async (token) => enrol((await makeEnrolment(token)).body)));
    for (const answer of [...looks, ...attempts]) {
      expect(answer.status).toBe(404);
      expect(answer.json()).toEqual(looks[0]?.json());
    }
    expect(looks[0]?.json()).toMatchObject({ code: 'invitation-not-valid' });
  });

  it('gives one invitation to one of two who use it at the same time', async () => {
    const token = await invite();
    const [one, two] = await Promise.all([makeEnrolment(token), makeEnrolment(token)]);
    const statuses = (await Promise.all([enrol(one.body), enrol(two.body)])).map(({ status }) => status);
    expect(statuses.sort()).toEqual([201, 404]);
  });

  it('answers the same request again as before, because the first answer may have been lost', async () => {
    const { body } = await makeEnrolment(await invite());
    expect((await enrol(body)).status).toBe(201);
    expect((await enrol(body)).status).toBe(201);
    expect((await enrol({ ...body, vault: toBase64url(coalition.p.randomBytes(100)) })).status).toBe(404);
    const { rows } = await app.database.query<{ n: number }>(`SELECT count(*) AS n FROM contact WHERE rid = $1`, [Buffer.from(body.rid, 'hex')]);
    expect(rows[0]?.n).toBe(1);
  });

  it('keeps the invitation when the keys do not belong together, cannot be used, or the id is taken', async () => {
    const token = await invite();
    const { body } = await makeEnrolment(token);
    const other = await makeEnrolment(token);
    const refused = async (change: object): Promise<unknown> => (await enrol({ ...body, ...change })).json().code;
    expect(await refused({ possession: other.body.possession })).toBe('bad-possession');
    expect(await refused({ rid: other.body.rid })).toBe('bad-possession');
    expect(await refused({ sigPk: other.body.sigPk })).toBe('bad-possession');

    // An encryption key that is no key (its numbers are too large), properly signed.
    const { p, instanceId, people } = coalition;
    const kemPk = new Uint8Array(1216).fill(255);
    const keys = deriveResponder(p, drawMasterSecret(p));
    const rid = drawResponderId(p);
    const unusable = { rid: toHex(rid), sigPk: toBase64url(keys.signPk), kemPk: toBase64url(kemPk) };
    expect(await refused({ ...unusable, possession: toBase64url(signPossession(p, { instanceId, rid, kemPk }, keys.signSeed)) })).toBe('unusable-key');

    // Somebody who is already in the roster.
    const taken = { instanceId, rid: people.osh.rid, kemPk: keys.kem.publicKey };
    const asOsh = { rid: people.osh.ridHex, sigPk: toBase64url(keys.signPk), kemPk: toBase64url(keys.kem.publicKey) };
    expect(await refused({ ...asOsh, possession: toBase64url(signPossession(p, taken, keys.signSeed)) })).toBe('already-known');

    expect((await enrol(body)).status).toBe(201);
  });

  it('counts an address as proven only when the invitation was mailed to it', async () => {
    const verified = async (invited: string | undefined, given: string): Promise<boolean> => {
      const { body } = await makeEnrolment(await invite(invited === undefined ? {} : { address: invited }), given);
      expect((await enrol(body)).status).toBe(201);
      const { rows } = await app.database.query<{ ok: boolean }>(`SELECT verified_at IS NOT NULL AS ok FROM contact WHERE rid = $1`, [
        Buffer.from(body.rid, 'hex'),
      ]);
      return rows[0]?.ok === true;
    };
    expect(await verified('new@example.org', 'New@Example.org')).toBe(true);
    expect(await verified('new@example.org', 'other@example.org')).toBe(false);
    expect(await verified(undefined, 'new@example.org')).toBe(false);
  });

  it('stores neither address nor tokens in the clear', async () => {
    const token = await invite({ address: 'canary@example.org' });
    const { body } = await makeEnrolment(token, 'canary@example.org');
    await enrol(body);
    for (const table of ['contact', 'invitation', 'vault', 'enrolment']) {
      const { rows } = await app.database.query<{ row: string }>(`SELECT t::text AS row FROM ${table} t`);
      const text = rows.map(({ row }) => row).join('\n');
      for (const secret of ['canary@example.org', token, body.vaultLocator]) {
        expect(text).not.toContain(secret);
        expect(text).not.toContain(Buffer.from(secret).toString('hex'));
        expect(text).not.toContain(Buffer.from(secret, 'base64url').toString('hex'));
      }
    }
    expect(app.log.join('\n')).not.toContain('canary');
  });

  it('refuses what has not the right form, and says which field', async () => {
    const { body } = await makeEnrolment(await invite());
    const field = async (change: object): Promise<unknown> => (await enrol({ ...body, ...change })).json<{ errors: { field: string }[] }>().errors[0]?.field;
    expect(await field({ kemPk: 'AAAA' })).toBe('kemPk');
    expect(await field({ vault: toBase64url(new Uint8Array(5_000)) })).toBe('vault');
    expect(await field({ contacts: [] })).toBe('contacts');
    expect(await field({ contacts: [{ channel: 'email', address: 'a@example.org\r\nBcc: b@example.org', lang: 'ky' }] })).toBe('contacts[0].address');
  });

  it('replaces a vault only for whoever holds the key inside it', async () => {
    const { person, body, vault, vaultLocator } = await makeEnrolment(await invite());
    await enrol(body);
    const session = await signIn(app.url, coalition, person);
    const { p, instanceId } = coalition;
    const fresh = await createVault(p, passwordHash, person.masterSecret, { passphrase: 'another one', memoryBytes: minVaultMemoryBytes });
    const put = (bytes: Uint8Array, signSeed: Uint8Array): Promise<Answer> =>
      session.send('PUT', '/desk/vaults/current', {
        json: { vault: toBase64url(bytes), signature: toBase64url(signVaultChange(p, { instanceId, rid: person.rid, vault: bytes }, signSeed)) },
      });
    const stored = async (): Promise<Uint8Array> => (await request(app.url, 'GET', '/desk/vaults/current', { token: vaultLocator })).bytes;

    // A thief with the session but without the key would leave the person with rubbish.
    expect((await put(p.randomBytes(200), coalition.people.osh.keys.signSeed)).status).toBe(422);
    expect(await stored()).toEqual(vault.bytes);
    expect((await put(fresh.bytes, person.keys.signSeed)).status).toBe(204);
    expect(await stored()).toEqual(fresh.bytes);
  });

  it('finds no vault under a locator that nobody has', async () => {
    for (const token of [toBase64url(coalition.p.randomBytes(16)), 'AAAA']) {
      expect((await request(app.url, 'GET', '/desk/vaults/current', { token })).status).toBe(404);
    }
  });
});
