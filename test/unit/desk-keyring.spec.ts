import { beforeAll, describe, expect, it } from '@jest/globals';
import {
  decodeStatement,
  fromBase64url,
  openReply,
  signPkOf,
  toBase64url,
  verifyPossession,
  verifyStatement,
  ackProof,
  type PasswordHash,
  type SignedRoster,
} from '@jardam/protocol';
import { loadSodiumArgon2 } from '@jardam/protocol/sodium';
import { wordsFromBytes } from '@jardam/protocol/words';
import { createKeyring } from '../../web/desk/crypto/keyring.js';
import type { KeyringApi, SealedMessage } from '../../web/desk/crypto/messages.js';
import { makeCoalition, nextRoster, TIER, type Coalition, type Person } from '../support/coalition.js';
import { sealAlert, sealMessageAs, sealNext, type SealedAlert } from '../support/sealed-alert.js';
import { createVault, type SealedEnvelope } from '@jardam/protocol';

const memoryBytes = 19 * 1024 * 1024;
const receivedAt = new Date().toISOString();
let coalition: Coalition;
let passwordHash: PasswordHash;

beforeAll(async () => {
  coalition = await makeCoalition();
  passwordHash = await loadSodiumArgon2();
});

const words = { fromHash: wordsFromBytes, draw: () => ['six', 'words'] };
const instance = (): string => toBase64url(coalition.instanceId);
const sealed = ({ bytes, envelopeHash }: SealedEnvelope): SealedMessage => ({ bytes, envelopeHash: toBase64url(envelopeHash), receivedAt });

async function checkRoster(keyring: KeyringApi, versions: SignedRoster[] = [coalition.roster.signed], memory: { version: number; hash: string } | null = null) {
  return keyring.checkRoster({ versions, instance: instance(), memory, now: Date.now() });
}

/** A keyring of somebody who has signed in. */
async function keyringOf(person: Person): Promise<KeyringApi> {
  const keyring = createKeyring(coalition.p, passwordHash, words);
  const { bytes } = await createVault(coalition.p, passwordHash, person.masterSecret, { passphrase: 'correct horse', memoryBytes });
  expect(await keyring.unlock({ vault: bytes, secret: { passphrase: 'correct horse' } })).toHaveProperty('sigPk');
  expect(await checkRoster(keyring)).toHaveProperty('roster');
  expect(await keyring.identify({ rememberedRid: person.ridHex })).toHaveProperty('person');
  return keyring;
}

function open(keyring: KeyringApi, alert: SealedAlert, change: { report?: SealedMessage; messages?: SealedMessage[]; releaseKeys?: Record<string, string> } = {}) {
  return keyring.openAlert({
    alertId: alert.alertIdHex,
    tag: toBase64url(alert.tag),
    instance: instance(),
    report: sealed(alert.envelope),
    messages: [],
    releaseKeys: {},
    ...change,
  });
}

describe('the keyring on the first day', () => {
  it('makes keys that prove themselves, and a vault that opens with the passphrase or the code and nothing else', async () => {
    const keyring = createKeyring(coalition.p, passwordHash, words);
    const made = await keyring.createKeys({ passphrase: 'correct horse battery', memoryBytes });
    const [rid, kemPk, signPk] = [Buffer.from(made.rid, 'hex'), fromBase64url(made.kemPk), fromBase64url(made.sigPk)];
    const signature = fromBase64url(await keyring.provePossession({ instance: instance() }));
    if (kemPk === null || signPk === null || signature === null) throw new Error('the keyring wrote no base64url');
    expect(verifyPossession(coalition.p, { instanceId: coalition.instanceId, rid, kemPk, signPk, signature })).toBe(true);

    const again = createKeyring(coalition.p, passwordHash, words);
    expect(await again.unlock({ vault: made.vault, secret: { passphrase: 'wrong' } })).toEqual({ refused: 'wrong-passphrase' });
    expect(await again.unlock({ vault: made.vault, secret: { recoveryCode: made.recoveryCode } })).toEqual({
      sigPk: made.sigPk,
      fingerprint: made.fingerprint,
    });
    await checkRoster(again);
    expect(await again.identify({ rememberedRid: null })).toEqual({ refused: 'not-in-roster' });
  });
});

describe('the keyring and the roster', () => {
  it('refuses a roster older than the one this browser has seen', async () => {
    const keyring = createKeyring(coalition.p, passwordHash, words);
    const memory = { version: 2, hash: toBase64url(coalition.p.randomBytes(32)) };
    expect(await checkRoster(keyring, undefined, memory)).toMatchObject({ refused: 'rolled-back' });
  });

  it('refuses another roster under a number it has seen', async () => {
    const keyring = createKeyring(coalition.p, passwordHash, words);
    const memory = { version: 1, hash: toBase64url(coalition.p.randomBytes(32)) };
    expect(await checkRoster(keyring, undefined, memory)).toMatchObject({ refused: 'equivocation' });
  });

  it('refuses a swapped key that no custodian has signed', async () => {
    const keyring = createKeyring(coalition.p, passwordHash, words);
    const { body } = coalition.roster.signed;
    const text = Buffer.from(body, 'base64url').toString().replace(coalition.people.osh.ridHex, coalition.people.abroad.ridHex);
    const forged = { ...coalition.roster.signed, body: Buffer.from(text).toString('base64url') };
    expect(await checkRoster(keyring, [coalition.roster.signed, forged])).toHaveProperty('refused');
    expect(await checkRoster(keyring, [forged])).toMatchObject({ refused: 'wrong-instance' });
  });

  it('notices when the signed roster itself has another key in one’s own place', async () => {
    const { osh, abroad } = coalition.people;
    const keyring = await keyringOf(osh);
    const swapped = nextRoster(coalition, ({ responders }) => ({
      responders: responders.map((each) => (each.rid === osh.ridHex ? { ...each, kem_pk: toBase64url(abroad.keys.kem.publicKey) } : each)),
    }));
    await checkRoster(keyring, [coalition.roster.signed, swapped.signed]);
    expect(await keyring.identify({ rememberedRid: osh.ridHex })).toEqual({ refused: 'swapped-key' });
  });

  it('calls rubbish malformed instead of failing', async () => {
    const keyring = createKeyring(coalition.p, passwordHash, words);
    expect(await checkRoster(keyring, [{ body: 5, signatures: null } as unknown as SignedRoster])).toMatchObject({ refused: 'malformed' });
  });
});

describe('the keyring and an alert', () => {
  it('opens it, and with it everything said since, each by whom it says', async () => {
    const { osh, coordinator } = coalition.people;
    const alert = sealAlert(coalition, { answers: { what: 'first' }, gated: [] });
    const followup = sealNext(coalition, alert, 3, { text: 'second', answers: { hurt: 'yes' } });
    const note = sealMessageAs(coalition, coordinator, alert, 5, 'third');
    const result = await open(await keyringOf(osh), alert, { messages: [sealed(followup), sealed(note)] });
    expect(result).toMatchObject({
      alert: {
        answers: { what: 'first', hurt: 'yes' },
        messages: [
          { kind: 'followup', text: 'second' },
          { kind: 'note', text: 'third', rid: coordinator.ridHex },
        ],
      },
    });
  });

  it('shows nothing of an envelope in which one bit was changed', async () => {
    const alert = sealAlert(coalition, { gated: [] });
    const bytes = alert.envelope.bytes.slice();
    bytes[bytes.length - 200] = (bytes[bytes.length - 200] ?? 0) ^ 1;
    expect(await open(await keyringOf(coalition.people.osh), alert, { report: { ...sealed(alert.envelope), bytes } })).toEqual({
      refused: 'bad-signature',
    });
  });

  it('shows nothing when the server puts another alert in its place', async () => {
    const [alert, other] = [sealAlert(coalition, { gated: [] }), sealAlert(coalition, { gated: [] })];
    expect(await open(await keyringOf(coalition.people.osh), alert, { report: sealed(other.envelope) })).toEqual({ refused: 'another-alert' });
  });

  it('waits for the gate, and opens once the key is released', async () => {
    const alert = sealAlert(coalition, { gated: [TIER.T4] });
    const keyring = await keyringOf(coalition.people.euFocal);
    expect(await open(keyring, alert)).toEqual({ refused: 'gate-closed' });
    const rk = alert.releaseKeys.get(TIER.T4);
    if (rk === undefined) throw new Error('the alert has no gate for T4');
    expect(await open(keyring, alert, { releaseKeys: { [TIER.T4]: toBase64url(rk) } })).toHaveProperty('alert');
  });

  it('does not open for a tier without consent', async () => {
    const alert = sealAlert(coalition, { consents: { eu: false }, gated: [] });
    expect(await open(await keyringOf(coalition.people.euFocal), alert)).toEqual({ refused: 'not-a-recipient' });
  });

  it('names a repeated or missing message and still shows the others', async () => {
    const alert = sealAlert(coalition, { gated: [] });
    const first = sealNext(coalition, alert, 3, { text: 'one' });
    const second = sealNext(coalition, alert, 3, { text: 'two' }, first);
    const keyring = await keyringOf(coalition.people.osh);
    const repeated = await open(keyring, alert, { messages: [sealed(first), sealed(first), sealed(second)] });
    expect(repeated).toMatchObject({ alert: { messages: [{ text: 'one' }, { kind: 'refused', reason: 'out-of-order' }, { text: 'two' }] } });
    const gap = await open(keyring, alert, { messages: [sealed(second)] });
    expect(gap).toMatchObject({ alert: { messages: [{ kind: 'refused', reason: 'out-of-order' }] } });
  });
});

describe('what the keyring signs and seals', () => {
  const act = { hh: toBase64url(new Uint8Array(32)), tier: 1, gen: 1, prevEventHash: toBase64url(new Uint8Array(32)), time: 1_772_000_000_000, detail: {} };

  it('will not acknowledge an alert that it has not opened', async () => {
    const alert = sealAlert(coalition, { gated: [] });
    const keyring = await keyringOf(coalition.people.osh);
    // Both a thrown error and a rejected promise count as a refusal here.
    await expect((async () => keyring.signAct({ alertId: alert.alertIdHex, type: 'ack', ...act }))()).rejects.toThrow();
  });

  it('acknowledges with a proof that only a reader can make', async () => {
    const { osh } = coalition.people;
    const alert = sealAlert(coalition, { gated: [] });
    const keyring = await keyringOf(osh);
    await open(keyring, alert);
    const signed = await keyring.signAct({ alertId: alert.alertIdHex, type: 'ack', ...act });
    const [bytes, signature] = [fromBase64url(signed.statement), fromBase64url(signed.signature)];
    if (bytes === null || signature === null) throw new Error('the keyring wrote no base64url');
    const expected = { rid: osh.rid, signPk: osh.keys.signPk, tag: alert.tag, hh: alert.envelope.hh };
    expect(verifyStatement(coalition.p, { bytes, signature }, expected)).toHaveProperty('statement');
    expect(decodeStatement(bytes)?.detail).toBe('{}');
    expect(signed.proof).toBe(toBase64url(ackProof(coalition.p, alert.envelope.contentKey, osh.rid, act.time)));
  });

  it('seals a reply that the defender opens, and keeps it from tiers that were not reached', async () => {
    const { osh, coordinator } = coalition.people;
    const alert = sealAlert(coalition, { gated: [] });
    const keyring = await keyringOf(osh);
    await open(keyring, alert);
    const reply = await keyring.sealReply({ alertId: alert.alertIdHex, kind: 'reply', text: 'Келе жатабыз', time: Date.now(), reachedTiers: [TIER.T1] });
    if ('refused' in reply) throw new Error(reply.refused);
    const signPk = (rid: string, time: number) => signPkOf(coalition.roster.body, rid, time);
    const read = (kemSecretKey: Uint8Array) => openReply(coalition.p, reply.bytes, { kind: 4, kemSecretKeys: [kemSecretKey], signPkOf: signPk });
    expect(read(alert.sender.replyKem.secretKey)).toMatchObject({ text: 'Келе жатабыз', rid: osh.ridHex });
    expect(read(osh.keys.kem.secretKey)).toMatchObject({ text: 'Келе жатабыз' });
    expect(() => read(coordinator.keys.kem.secretKey)).toThrow('not-a-recipient');
  });

  it('says so when a message is too long, instead of cutting it', async () => {
    const alert = sealAlert(coalition, { gated: [] });
    const keyring = await keyringOf(coalition.people.osh);
    await open(keyring, alert);
    const long = { alertId: alert.alertIdHex, kind: 'note' as const, text: 'ж'.repeat(2_100), time: Date.now(), reachedTiers: [TIER.T1] };
    expect(await keyring.sealReply(long)).toEqual({ refused: 'too-long' });
  });
});
