import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { signRoster, packRoster, toBase64url, verifyRosterChain, parseRosterChain, type Primitives, type SignedRoster } from '@jardam/protocol';
import { loadSodium } from '@jardam/protocol/sodium';
import { Policies } from '../../src/escalation/policies.js';
import { COALITION_CHAIN, EvidenceLog } from '../../src/evidence/evidence-log.js';
import { openServerKey } from '../../src/platform/keys/server-key.js';
import { ContactBook } from '../../src/roster/contact-book.js';
import { RosterStore, type PublishOutcome } from '../../src/roster/roster-store.js';
import { testApp } from '../support/app.js';
import { Defender } from '../support/defender.js';
import { testDatabase, type TestDatabase } from '../support/database.js';
import { makeCoalition, nextRoster, type Coalition } from '../support/coalition.js';

describe('publishing who may answer', () => {
  let p: Primitives;
  let test: TestDatabase;
  let store: RosterStore;
  let evidence: EvidenceLog;
  let coalition: Coalition;

  beforeAll(async () => {
    p = await loadSodium();
  });
  beforeEach(async () => {
    test = await testDatabase();
    evidence = new EvidenceLog(p);
    store = new RosterStore(p, test.database, evidence);
    coalition = await makeCoalition();
    await test.database.transaction((tx) => new Policies(evidence).publish(tx, 1, coalition.policy.body));
  });
  afterEach(async () => {
    await test.drop();
  });

  const publish = (signed: SignedRoster): Promise<PublishOutcome> => test.database.transaction((tx) => store.publish(tx, 1, signed));
  const members = async (): Promise<string[]> =>
    (await test.database.query<{ member: string }>(`SELECT tier || ' ' || org AS member FROM tier_member ORDER BY 1`)).rows.map(({ member }) => member);

  it('version 1 names the instance, fills the tiers and is on record', async () => {
    expect(await publish(coalition.roster.signed)).toEqual({ version: 1, hash: coalition.roster.hash, instanceId: coalition.instanceId });
    expect(await members()).toEqual(['1 partner-osh', '2 lawyers', '2 partner-osh', '3 coordination-bishkek', '4 partner-abroad', '5 eu-delegation', '5 eu-delegation']);
    const events = await evidence.readAlert(test.database, 1, COALITION_CHAIN);
    expect(events.map(({ type }) => type)).toEqual(['POLICY', 'ROSTER']);
    expect(toBase64url((await store.instanceId(1)) ?? new Uint8Array())).toBe(toBase64url(coalition.instanceId));
  });

  it('publishing the same again changes nothing', async () => {
    await publish(coalition.roster.signed);
    expect(await publish(coalition.roster.signed)).toMatchObject({ version: 1 });
    expect((await evidence.readAlert(test.database, 1, COALITION_CHAIN)).filter(({ type }) => type === 'ROSTER')).toHaveLength(1);
  });

  it('a revoked responder is out of every tier with the next version, and kept as revoked', async () => {
    await publish(coalition.roster.signed);
    const next = nextRoster(coalition, (body) => ({
      responders: body.responders.map((each) => (each.rid === coalition.people.osh.ridHex ? { ...each, status: 'revoked' } : each)),
    }));
    expect(await publish(next.signed)).toMatchObject({ version: 2 });
    expect(await members()).not.toContain('1 partner-osh');
    const { rows } = await test.database.query<{ status: string }>('SELECT status FROM responder WHERE rid = $1', [Buffer.from(coalition.people.osh.rid)]);
    expect(rows[0]?.status).toBe('revoked');
    const found = await store.find(1, 1, coalition.roster.hash);
    expect(found?.supersededAt).toBeInstanceOf(Date);
  });

  it('hears of versions that another instance published', async () => {
    await publish(coalition.roster.signed);
    const other = new RosterStore(p, test.database, evidence);
    await other.onApplicationBootstrap();
    expect((await other.current(1))?.version).toBe(1);
    const next = nextRoster(coalition, () => ({}));
    await publish(next.signed);
    expect(await other.find(1, 2, next.hash)).not.toBeNull();
    expect(await other.find(1, 2, coalition.roster.hash)).toBeNull();
    await other.onModuleDestroy();
  });

  describe('is refused', () => {
    it('when the signature is somebody else’s', async () => {
      const bytes = coalition.roster.bytes;
      expect(await publish(packRoster(bytes, [signRoster(p, bytes, p.randomBytes(32))]))).toMatchObject({ refused: 'too-few-signatures' });
      expect(await publish(packRoster(bytes, []))).toMatchObject({ refused: 'too-few-signatures' });
    });

    it('when it is another version 1, or a second version 2, or skips one', async () => {
      await publish(coalition.roster.signed);
      expect(await publish((await makeCoalition()).roster.signed)).toMatchObject({ refused: expect.stringMatching(/^(equivocation|wrong-instance|too-few-signatures|broken-chain)$/) });
      const two = nextRoster(coalition, () => ({}));
      await publish(two.signed);
      const twin = nextRoster(coalition, () => ({ emergency: [] }));
      expect(await publish(twin.signed)).toMatchObject({ refused: 'equivocation' });
      const four = nextRoster({ ...coalition, roster: two }, (body) => ({ version: body.version + 2 }));
      expect(await publish(four.signed)).toMatchObject({ refused: 'broken-chain' });
      expect((await store.chain(1)).map(({ version }) => version)).toEqual([1, 2]);
    });

    it('when it names a policy that was never published', async () => {
      const stranger = await makeCoalition({ amend: (body) => ({ ...body, policies: [{ id: 'other', sha256: '00'.repeat(32) }] }) });
      expect(await publish(stranger.roster.signed)).toEqual({ refused: 'unknown-policy', policy: 'other' });
    });

    it('when its bytes are rubbish', async () => {
      expect(await publish({ body: '%%%', signatures: [] })).toEqual({ refused: 'malformed' });
      expect(await publish({ body: toBase64url(p.randomBytes(50)), signatures: [] })).toMatchObject({ refused: 'malformed' });
    });
  });

  it('nobody changes a published roster, not even the service itself', async () => {
    await publish(coalition.roster.signed);
    await expect(test.database.query(`UPDATE roster_version SET body = 'x'`)).rejects.toThrow(/permission denied|append-only/);
    await expect(test.database.query(`DELETE FROM roster_version`)).rejects.toThrow(/permission denied|append-only/);
  });

  describe('and how they are reached', () => {
    const address = 'somebody@example.org';

    it('an address is in no column of the database, and opens only with the key file', async () => {
      const book = new ContactBook(p, p.randomBytes(32));
      const contactId = await test.database.transaction((tx) =>
        book.add(tx, { purpose: 'duty_desk', channel: 'email', address, lang: 'en', verified: true }),
      );
      const [row] = await book.list(test.database, 1);
      if (row === undefined) throw new Error('the contact is not listed');
      expect(row.contactId).toBe(contactId);
      expect(book.openAddress(row)).toBe(address);
      expect(Buffer.from(row.addressSealed).includes('example')).toBe(false);
      expect(() => new ContactBook(p, p.randomBytes(32)).openAddress(row)).toThrow('altered');
      expect(() => book.openAddress({ ...row, contactId: contactId.replace(/^./, (c) => (c === '0' ? '1' : '0')) })).toThrow('altered');
    });

    it('an invitation that came back from its own address proves it, in any spelling of case', () => {
      const book = new ContactBook(p, p.randomBytes(32));
      const tokenHash = p.randomBytes(32);
      const sealed = book.sealInvited(1, tokenHash, address);
      expect(book.provesAddress(1, tokenHash, sealed, 'Somebody@Example.org')).toBe(true);
      expect(book.provesAddress(1, tokenHash, sealed, 'other@example.org')).toBe(false);
      expect(book.provesAddress(1, tokenHash, null, address)).toBe(false);
    });

    it('a verified or disabled contact is announced, so that nobody keeps an old picture', async () => {
      const book = new ContactBook(p, p.randomBytes(32));
      let heard = 0;
      const stop = await test.database.listen('jardam_roster', () => heard++);
      const id = await test.database.transaction((tx) => book.add(tx, { purpose: 'operator', channel: 'email', address, lang: 'en', verified: false }));
      expect(await test.database.transaction((tx) => book.verify(tx, 1, id))).toBe(true);
      await test.database.transaction((tx) => book.disable(tx, 1, id, 'refused-550'));
      expect((await book.list(test.database, 1))[0]).toMatchObject({ disabledReason: 'refused-550', verifiedAt: expect.any(Date) });
      await new Promise((resolve) => setTimeout(resolve, 200));
      expect(heard).toBeGreaterThanOrEqual(4);
      await stop();
    });
  });

  describe('keys of the server', () => {
    it('a lost or swapped key file stops the start with a message that says what to do', async () => {
      const folder = mkdtempSync(join(tmpdir(), 'jardam-keys-'));
      const file = join(folder, 'contacts.key');
      const open = (): Promise<Uint8Array> => openServerKey(test.database, p, { name: 'contacts', file });
      const first = await open();
      expect(await open()).toEqual(first);
      rmSync(file);
      await expect(open()).rejects.toThrow(/is missing, but this database was used with one: put the file back/);
      writeFileSync(file, Buffer.from(p.randomBytes(32)), { mode: 0o600 });
      await expect(open()).rejects.toThrow(/is not the one this database was used with/);
      rmSync(folder, { recursive: true });
    });
  });

  it('clients get the whole chain and can verify it back to the instance', async () => {
    await publish(coalition.roster.signed);
    const app = await testApp({ databaseUrl: test.url, config: { instance: { roles: ['http'] } } });
    const defender = new Defender(app.url);
    const { bytes } = await defender.ask('GET', '/roster');
    const chain = verifyRosterChain(p, parseRosterChain(new Uint8Array(bytes)), { instanceId: coalition.instanceId, now: Date.now() });
    expect(chain.current.body.version).toBe(1);
    expect((await defender.ask('GET', '/roster/1')).json).toEqual(coalition.roster.signed);
    expect((await defender.ask('GET', '/roster/2')).status).toBe(404);
    expect((await defender.ask('GET', '/instance')).json).toMatchObject({
      instanceId: toBase64url(coalition.instanceId),
      roster: { version: 1, hash: toBase64url(coalition.roster.hash) },
      policy: { id: coalition.policy.body.id, sha256: coalition.policy.sha256.toString('hex') },
      limits: { attachmentBytes: 25 * 1024 * 1024, attachmentsPerAlert: 5 },
      demo: false,
    });
    await app.stop();
  });

  it('before anything was published the service says so', async () => {
    const app = await testApp({ databaseUrl: test.url, config: { instance: { roles: ['http'] } } });
    const defender = new Defender(app.url);
    for (const path of ['/instance', '/roster']) expect(await defender.ask('GET', path)).toMatchObject({ status: 503, json: { code: 'not-set-up' } });
    await app.stop();
  });
});
