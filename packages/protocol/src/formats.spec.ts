// Frozen answers for every format beside the envelope: a changed label or field order would make old receipts, vaults,
// signatures and ledgers unreadable, and every other spec would still pass.
import { describe, expect, it } from '@jest/globals';
import { readFileSync } from 'node:fs';
import { filled, providers } from '../test/fixtures.js';
import { concatBytes, toHex, utf8 } from './bytes.js';
import { verifyAdmission } from './admission.js';
import { attachmentCiphertextBytes } from './attachments.js';
import { signPossession, signVaultChange } from './enrolment.js';
import { alertTag, envelopeHash, gateKey } from './envelope-hashes.js';
import { encodeEvent, eventHash } from './events.js';
import { K, signLabelled } from './hash.js';
import { deriveResponder, keyFingerprint } from './keys.js';
import type { Primitives } from './primitives.js';
import { loadSodiumArgon2 } from './providers/sodium.js';
import { receiptKeys, wrapSecret } from './receipt.js';
import { instanceIdOf, rosterHash, signRoster } from './roster.js';
import { signRevocation } from './roster-revocation.js';
import { deriveSender, mailboxTokenHash } from './sender.js';
import { signInMessage } from './signin.js';
import { ackProof, encodeStatement, signStatement, statementHash } from './statement.js';
import { openVault } from './vault.js';
import { wordsFromBytes } from './words.js';

const frozen = JSON.parse(readFileSync(new URL('../vectors/formats.json', import.meta.url), 'utf8')) as {
  answers: Record<string, string>;
  vault: { hex: string; passphrase: string; recoveryCode: string; masterSecret: string };
};
const argon2 = await loadSodiumArgon2();

const alertId = filled(1, 16);
const rid = filled(2, 16);
const time = Date.parse('2026-03-01T12:34:56Z');
const body = utf8('{"roster":"any bytes"}');

async function answers(p: Primitives): Promise<Record<string, string>> {
  const sender = deriveSender(p, filled(3));
  const responder = deriveResponder(p, filled(4));
  const receipt = await receiptKeys(p, argon2, [0, 1, 2, 3, 4, 5, 7775], filled(5));
  const statement = encodeStatement({
    type: 'ack',
    tag: alertTag(p, alertId),
    hh: filled(6),
    tier: 1,
    gen: 2,
    time,
    prevEventHash: filled(7),
    rid,
    detail: '{"text":"жардам"}',
  });
  const signature = signStatement(p, statement, responder.signSeed);
  const event = encodeEvent({
    type: 'ACK',
    tag: alertTag(p, alertId),
    n: 3,
    time,
    rid,
    tier: 1,
    object: statementHash(p, statement),
    prev: filled(7),
    signature,
  });
  const att = p.secretstream.push(K(p, filled(8), 'JDM1/att', filled(9, 16)), filled(10, 24));
  const fingerprint = keyFingerprint(p, { signPk: responder.signPk, kemPk: responder.kem.publicKey });
  const bytes: Record<string, Uint8Array> = {
    alertTag: alertTag(p, alertId),
    envelopeHash: envelopeHash(p, body),
    gateKey: gateKey(p, filled(11), alertId, 4),
    senderSignPk: sender.signPk,
    senderReplySecretKey: sender.replyKem.secretKey,
    mailboxToken: sender.mailboxToken,
    mailboxTokenHash: mailboxTokenHash(p, sender.mailboxToken),
    responderSignPk: responder.signPk,
    responderWitnessPk: responder.witnessPk,
    responderKemSecretKey: responder.kem.secretKey,
    fingerprint,
    receiptLocator: receipt.locator,
    receiptWrapped: wrapSecret(p, receipt.wrapKey, filled(3)),
    rosterHash: rosterHash(p, body),
    instanceId: instanceIdOf(p, body),
    rosterSignature: utf8(signRoster(p, body, filled(12)).sig),
    revocation: signRevocation(p, { instanceId: filled(5), rid, by: rid, signSeed: responder.signSeed }),
    signInMessage: signInMessage(p, filled(5), filled(13), rid),
    possession: signPossession(p, { instanceId: filled(5), rid, kemPk: responder.kem.publicKey }, responder.signSeed),
    vaultChange: signVaultChange(p, { instanceId: filled(5), rid, vault: body }, responder.signSeed),
    statement,
    statementSignature: signature,
    ackProof: ackProof(p, filled(8), rid, time),
    event,
    eventHash: eventHash(p, event),
    attachmentChunks: concatBytes(att.next(utf8('one'), false), att.next(utf8('two'), true)),
    labelled: signLabelled(p, 'JDM1/sig', filled(14), filled(15)),
  };
  return {
    ...Object.fromEntries(Object.entries(bytes).map(([name, value]) => [name, toHex(value)])),
    fingerprintWords: wordsFromBytes(fingerprint).join(' '),
    admissionNonce: String(firstNonce(p)),
    attachmentCiphertextBytes: [0, 1, 65_536, 65_537, 1_000_000].map(attachmentCiphertextBytes).join(),
  };
}

function firstNonce(p: Primitives): number {
  for (let nonce = 0; ; nonce++) if (verifyAdmission(p, filled(16), alertId, 8, nonce)) return nonce;
}

describe.each(providers.map((p) => [p.name, p] as const))('with %s', (_name, p) => {
  it('every derived key, hash, signature and byte form is what it was', async () => {
    expect(await answers(p)).toEqual(frozen.answers);
  });

  it('a vault made long ago still opens', async () => {
    const { hex, passphrase, recoveryCode, masterSecret } = frozen.vault;
    const bytes = Uint8Array.from(Buffer.from(hex, 'hex'));
    for (const secret of [{ passphrase }, { recoveryCode }]) {
      const opened = await openVault(p, argon2, bytes, secret);
      expect('masterSecret' in opened && toHex(opened.masterSecret)).toBe(masterSecret);
    }
  });
});
