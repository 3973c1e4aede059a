import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { alertTag, createVault, makePhraseVerifier, minVaultMemoryBytes, toBase64url, toHex, type PasswordHash } from '@jardam/protocol';
import { loadSodiumArgon2 } from '@jardam/protocol/sodium';
import { wordsFromBytes } from '@jardam/protocol/words';
import { ArmedPackets } from '../../src/intake/armed/armed-packets.js';
import { DEFAULT_COALITION } from '../../src/platform/coalition.js';
import { createKeyring } from '../../web/desk/crypto/keyring.js';
import type { KeyringApi } from '../../web/desk/crypto/messages.js';
import type { AlertDetail } from '../../web/desk/service/desk-api.js';
import { testApp, type TestApp } from '../support/app.js';
import { Defender } from '../support/defender.js';
import { signIn, type DeskClient } from '../support/desk-client.js';
import { sealNext } from '../support/sealed-alert.js';
import { sealPacket, type SealedPacket } from '../support/sealed-packet.js';
import { demoCoalition, type StoredCoalition } from '../support/stored-coalition.js';

const coalitionId = DEFAULT_COALITION;
const phrase = 'жети боз кулун';

describe('an alert sealed beforehand, at the desk', () => {
  let app: TestApp;
  let coalition: StoredCoalition;
  let osh: DeskClient;
  let keyring: KeyringApi;
  let argon2: PasswordHash;

  beforeAll(async () => {
    app = await testApp({ config: { instance: { roles: ['http'] } } });
    coalition = await demoCoalition(app.database);
    argon2 = await loadSodiumArgon2();
    const { p, people, roster, instanceId } = coalition;
    osh = await signIn(app.url, coalition, people.osh);
    keyring = createKeyring(p, argon2, { fromHash: wordsFromBytes, draw: () => [] });
    const { bytes } = await createVault(p, argon2, people.osh.masterSecret, { passphrase: 'correct horse', memoryBytes: minVaultMemoryBytes });
    await keyring.unlock({ vault: bytes, secret: { passphrase: 'correct horse' } });
    await keyring.checkRoster({ versions: [roster.signed], instance: toBase64url(instanceId), memory: null, now: Date.now() });
    await keyring.identify({ rememberedRid: null });
  }, 60_000);
  afterAll(async () => app.stop());

  /** Armed and sent by one tap. */
  async function sent(withPhrase: boolean): Promise<SealedPacket> {
    const { p } = coalition;
    const alertId = p.randomBytes(16);
    const made = await makePhraseVerifier(p, argon2, phrase, alertId);
    const verifier = { salt: toBase64url(made.salt), iterations: made.iterations, memoryKiB: made.memoryBytes / 1024, verifier: toBase64url(made.verifier) };
    const sealed = sealPacket(coalition, withPhrase ? { standDown: { alertId, verifier } } : {});
    const packets = app.service.app.get(ArmedPackets);
    const { locator, releaseSecret, packet } = sealed;
    const owner = p.randomBytes(32);
    await app.database.transaction(async (tx) => {
      await packets.arm(tx, { coalitionId, owner, packet, releaseSecret, countdownSeconds: 10 });
      expect(await packets.sendNow(tx, { coalitionId, owner, locator, releaseSecret })).toMatchObject({ fired: true });
    });
    return sealed;
  }
  const file = async ({ alertId }: SealedPacket): Promise<AlertDetail> => (await osh.get(`/desk/alerts/${toHex(alertId)}`)).json<AlertDetail>();
  const openWith = (sealed: SealedPacket, detail: AlertDetail, messages: readonly ReturnType<typeof sealNext>[]) =>
    keyring.openAlert({
      alertId: toHex(sealed.alertId),
      tag: toBase64url(alertTag(coalition.p, sealed.alertId)),
      instance: toBase64url(coalition.instanceId),
      report: { bytes: sealed.envelope.bytes, envelopeHash: toBase64url(sealed.envelope.envelopeHash), receivedAt: detail.view.receivedAt },
      messages: messages.map(({ bytes, envelopeHash }) => ({ bytes, envelopeHash: toBase64url(envelopeHash), receivedAt: detail.view.receivedAt })),
      releaseKeys: detail.releaseKeys,
    });

  it('is in the queue, opens with the key that its turn released, and its record holds from ARM on', async () => {
    const sealed = await sent(false);
    const queue = (await osh.get('/desk/alerts')).json<{ alerts: { alertId: string }[] }>();
    expect(queue.alerts.map(({ alertId }) => alertId)).toContain(toHex(sealed.alertId));
    const detail = await file(sealed);
    expect(detail.events.slice(0, 2).map(({ type }) => type)).toEqual(['ARM', 'TRIGGER']);
    expect(await openWith(sealed, detail, [])).toMatchObject({ alert: { kind: 'panic', answers: { what: 'detained' } } });
    const after = await file(sealed);
    expect(await keyring.checkRecord({ alertId: toHex(sealed.alertId), claimed: after, before: null })).toEqual([]);
    const withoutTrigger = { ...after, events: after.events.slice(0, 1), chainHead: { ...after.chainHead, n: 0, hash: after.events[0]?.hash ?? '' } };
    expect(await keyring.checkRecord({ alertId: toHex(sealed.alertId), claimed: withoutTrigger, before: null })).toEqual(['chain']);
  });

  it('tells a free stand-down from a forced one; outside the seal both are the same', async () => {
    const sealed = await sent(true);
    const typed = ['Жети  боз кулун', 'жети боз ат', ''];
    const wishes = typed.map((each) => sealNext(coalition, sealed, 6, { reason: 'safe', phrase: each }));
    expect(new Set(wishes.map(({ bytes }) => bytes.length)).size).toBe(1);
    const [free, forced, silent] = wishes;
    if (free === undefined || forced === undefined || silent === undefined) throw new Error('three wishes');
    const stored = await new Defender(app.url).ask('POST', `/alerts/${toHex(sealed.alertId)}/messages`, { body: forced.bytes });
    expect(stored.status).toBe(201);
    const detail = await file(sealed);
    const findingOf = async (wish: typeof free): Promise<unknown> => {
      const opened = await openWith(sealed, detail, [wish]);
      return 'alert' in opened ? opened.alert.messages.map((message) => (message.kind === 'stand-down' ? message.phrase : message.kind)) : opened;
    };
    expect([await findingOf(free), await findingOf(forced), await findingOf(silent)]).toEqual([['right'], ['wrong'], ['wrong']]);
  });

  it('says that no phrase was agreed when there is none', async () => {
    const sealed = await sent(false);
    const opened = await openWith(sealed, await file(sealed), [sealNext(coalition, sealed, 6, { reason: 'mistake', phrase })]);
    expect(opened).toMatchObject({ alert: { messages: [{ kind: 'stand-down', phrase: 'none-agreed' }] } });
  });
});
