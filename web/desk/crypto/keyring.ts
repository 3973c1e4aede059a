// Everything that touches a responder's keys. It runs in a Worker and knows nothing of the page; ending the Worker is
// how the keys leave memory.
import {
  ackProof,
  changePassphrase,
  createVault,
  decryptAttachment,
  deriveResponder,
  drawMasterSecret,
  drawResponderId,
  encodeStatement,
  ENVELOPE_KINDS,
  fromBase64url,
  fromHex,
  isUsable,
  keyFingerprint,
  openVault,
  replyTier,
  sealReply,
  ShapeError,
  signInMessage,
  signPossession,
  signStatement,
  signVaultChange,
  toBase64url,
  toHex,
  alertTag,
  wipe,
  type PasswordHash,
  type Primitives,
  type Recipient,
  type ResponderKeys,
  type VerifiedRosterChain,
} from '@jardam/protocol';
import { checkPhrases } from './check-phrases.js';
import { checkRecord } from './check-record.js';
import type { KeyringApi, OpenedFile, PhraseFinding, SealedReply, SignedAct } from './messages.js';
import { openAlert, type AlertSecrets } from './open-alert.js';
import { checkRoster, identify } from './roster-check.js';

/** Words for people; a word list of 60 kB that only the Worker loads. */
export interface WordSource {
  fromHash(hash: Uint8Array): readonly string[];
  /** Uniformly drawn words of the EFF long list (12.9 bits each). */
  draw(p: Primitives, count: number): readonly string[];
}

/** Six words of the EFF long list: 77 bits, out of reach even for someone who has the vault. */
const suggestedWordCount = 6;

interface Held {
  readonly keys: ResponderKeys;
  readonly rid: Uint8Array | null;
}

/** The methods of the Worker over a provider of cryptography. State lives in the closure and dies with the Worker. */
export function createKeyring(p: Primitives, passwordHash: PasswordHash, words: WordSource): KeyringApi {
  let held: Held | null = null;
  let chain: VerifiedRosterChain | null = null;
  const alerts = new Map<string, AlertSecrets>();
  const phrases = new Map<string, PhraseFinding>();

  const requireHeld = (): Held => {
    if (held === null) throw new Error('the keyring is locked');
    return held;
  };
  const requireChain = (): VerifiedRosterChain => {
    if (chain === null) throw new Error('the roster has not been verified');
    return chain;
  };
  const requireRid = (): Uint8Array => {
    const { rid } = requireHeld();
    if (rid === null) throw new Error('the roster does not name this key');
    return rid;
  };
  const fingerprintOf = (keys: ResponderKeys): readonly string[] =>
    words.fromHash(keyFingerprint(p, { signPk: keys.signPk, kemPk: keys.kem.publicKey }));

  return {
    suggestPassphrase: () => Promise.resolve(words.draw(p, suggestedWordCount).join(' ')),

    instanceWords: ({ instance }) => Promise.resolve(words.fromHash(bytesOf(instance, 32))),

    createKeys: async ({ passphrase, memoryBytes }) => {
      const masterSecret = drawMasterSecret(p);
      const keys = deriveResponder(p, masterSecret);
      const rid = drawResponderId(p);
      const { bytes, recoveryCode } = await createVault(p, passwordHash, masterSecret, { passphrase, memoryBytes });
      wipe(masterSecret);
      held = { keys, rid };
      return {
        rid: toHex(rid),
        sigPk: toBase64url(keys.signPk),
        kemPk: toBase64url(keys.kem.publicKey),
        vault: bytes,
        recoveryCode,
        fingerprint: fingerprintOf(keys),
      };
    },

    provePossession: ({ instance }) => {
      const { keys } = requireHeld();
      const input = { instanceId: bytesOf(instance, 32), rid: requireRid(), kemPk: keys.kem.publicKey };
      return Promise.resolve(toBase64url(signPossession(p, input, keys.signSeed)));
    },

    unlock: async ({ vault, secret }) => {
      const opened = await openVault(p, passwordHash, vault, secret);
      if ('refused' in opened) return opened;
      const keys = deriveResponder(p, opened.masterSecret);
      wipe(opened.masterSecret);
      held = { keys, rid: null };
      return { sigPk: toBase64url(keys.signPk), fingerprint: fingerprintOf(keys) };
    },

    checkRoster: (input) => {
      const checked = checkRoster(p, input);
      if ('refused' in checked) return Promise.resolve(checked);
      chain = checked.chain;
      return Promise.resolve({ roster: checked.roster });
    },

    identify: ({ rememberedRid }) => {
      const { keys } = requireHeld();
      const own = { sigPk: toBase64url(keys.signPk), kemPk: toBase64url(keys.kem.publicKey) };
      const identity = identify(requireChain(), own, rememberedRid, Date.now());
      if ('person' in identity) held = { keys, rid: ridOf(identity.person.rid) };
      return Promise.resolve(identity);
    },

    signIn: ({ instance, challenge, rid }) => {
      const message = signInMessage(p, bytesOf(instance, 32), bytesOf(challenge, 32), ridOf(rid));
      return Promise.resolve(toBase64url(p.ed25519.sign(message, requireHeld().keys.signSeed)));
    },

    openAlert: async (input) => {
      const alertId = bytesOfHex(input.alertId, 16);
      const result = openAlert(p, {
        ...input,
        alertId,
        rid: toHex(requireRid()),
        kemSecretKey: requireHeld().keys.kem.secretKey,
        roster: requireChain(),
        releaseKeys: new Map(
          Object.entries(input.releaseKeys).map(([tier, key]) => [Number(tier), bytesOf(key, 32)]),
        ),
      });
      if ('refused' in result) return result;
      alerts.set(input.alertId, result.secrets);
      const messages = await checkPhrases(p, passwordHash, alertId, result.alert.messages, result.phrases, phrases);
      return { alert: { ...result.alert, messages } };
    },

    checkRecord: ({ alertId, claimed, before }) =>
      checkRecord(p, {
        alertId: bytesOfHex(alertId, 16),
        claimed,
        before,
        roster: requireChain(),
        opened: alerts.get(alertId) ?? null,
      }),

    openFile: ({ alertId, objectId, ciphertext }): Promise<OpenedFile> => {
      const file = alerts.get(alertId)?.files.get(objectId);
      if (file === undefined) return Promise.resolve({ refused: 'not-opened' });
      const opened = decryptAttachment(p, { contentKey: file.contentKey, entry: file.entry, ciphertext });
      return Promise.resolve('refused' in opened ? { refused: 'damaged' } : opened);
    },

    signAct: (input): Promise<SignedAct> => {
      const rid = requireRid();
      const secrets = alerts.get(input.alertId);
      if (input.type === 'ack' && secrets === undefined) {
        // An acknowledgement says "I have read it"; without the content key that would be a lie.
        throw new Error('an alert that was not opened cannot be acknowledged');
      }
      const bytes = encodeStatement({
        type: input.type,
        tag: alertTag(p, bytesOfHex(input.alertId, 16)),
        hh: secrets?.hh ?? bytesOf(input.hh, 32),
        tier: input.tier,
        gen: input.gen,
        time: input.time,
        prevEventHash: bytesOf(input.prevEventHash, 32),
        rid,
        detail: JSON.stringify(input.detail),
      });
      const signature = toBase64url(signStatement(p, bytes, requireHeld().keys.signSeed));
      return Promise.resolve({
        statement: toBase64url(bytes),
        signature,
        ...(input.type === 'ack' && secrets !== undefined
          ? { proof: toBase64url(ackProof(p, secrets.contentKey, rid, input.time)) }
          : {}),
      });
    },

    sealReply: (input): Promise<SealedReply> => {
      const secrets = alerts.get(input.alertId);
      if (secrets === undefined) return Promise.resolve({ refused: 'not-opened' });
      const { current } = requireChain();
      const rid = requireRid();
      const team = teamOf(requireChain(), secrets, toHex(rid), input.reachedTiers);
      try {
        const sealed = sealReply(p, {
          kind: input.kind === 'reply' ? ENVELOPE_KINDS.reply : ENVELOPE_KINDS.note,
          alertId: secrets.alertId,
          rosterVersion: current.body.version,
          rosterHash: current.hash,
          recipients: input.kind === 'reply' ? [{ kemPk: secrets.replyKem, tier: replyTier }, ...team] : team,
          rid,
          signSeed: requireHeld().keys.signSeed,
          time: input.time,
          text: input.text,
        });
        return Promise.resolve({ bytes: sealed.bytes });
      } catch (error) {
        if (error instanceof ShapeError) return Promise.resolve({ refused: 'too-long' });
        throw error;
      }
    },

    changePassphrase: async ({ vault, secret, next, memoryBytes, instance }) => {
      const changed = await changePassphrase(p, passwordHash, vault, secret, { passphrase: next, memoryBytes });
      if ('refused' in changed) return changed;
      const input = { instanceId: bytesOf(instance, 32), rid: requireRid(), vault: changed.bytes };
      return { vault: changed.bytes, signature: toBase64url(signVaultChange(p, input, requireHeld().keys.signSeed)) };
    },
  };
}

/** Who may read what the team writes: listed by the defender, still on the roster, and of a tier that has been
 *  reached. A later tier is left out on purpose: its gate would be worth little if the notes told it everything.
 *  The writer is always among them, or could not read their own words again. */
function teamOf(
  chain: VerifiedRosterChain,
  secrets: AlertSecrets,
  ownRid: string,
  reachedTiers: readonly number[],
): Recipient[] {
  const now = Date.now();
  const team = new Map<string, Recipient>();
  for (const { rid, tier } of secrets.recipients) {
    const responder = chain.current.body.responders.find((each) => each.rid === rid);
    const wanted = rid === ownRid || reachedTiers.includes(tier);
    if (responder === undefined || !wanted || team.has(rid) || !isUsable(responder, now)) continue;
    team.set(rid, { kemPk: bytesOf(responder.kem_pk, 1216), tier });
  }
  return [...team.values()];
}

function bytesOf(text: string, length: number): Uint8Array {
  const bytes = fromBase64url(text, length);
  if (bytes === null) throw new TypeError(`base64url of ${length} bytes expected`);
  return bytes;
}

function bytesOfHex(text: string, length: number): Uint8Array {
  const bytes = fromHex(text, length);
  if (bytes === null) throw new TypeError(`hexadecimal of ${length} bytes expected`);
  return bytes;
}

const ridOf = (rid: string): Uint8Array => bytesOfHex(rid, 16);
