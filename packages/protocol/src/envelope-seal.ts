// JDM1 envelope, layer 3a: sealing.
import { ByteReader, concatBytes, requireBytes, u8, u16, u32, u64, wipe } from './bytes.js';
import { randomDraws, type Draws } from './draws.js';
import {
  alertIdBytes,
  EnvelopeError,
  envelopeMagic,
  envelopeSuite,
  hashBytes,
  maxGates,
  maxPayloadBytes,
  maxRecipients,
  paddedPayloadBytes,
  SLOT_COUNTS,
  type EnvelopeKind,
} from './envelope-format.js';
import {
  envelopeHash,
  gateCommitment,
  gatesHash,
  headerHash,
  headMac,
  payloadKey,
  preludeHash,
  signedPart,
  wrapKey,
} from './envelope-hashes.js';
import { signLabelled } from './hash.js';
import { aeadTagBytes, keyBytes, xwingEncapsulationSeedBytes, xwingPublicKeyBytes, type Primitives } from './primitives.js';

export interface Recipient {
  /** X-Wing public key, 1216 bytes. */
  readonly kemPk: Uint8Array;
  /** 0 to 255. By convention 0 is the defender's own reply key; tiers of the ladder start at 1. */
  readonly tier: number;
}

export interface SealInput {
  readonly kind: EnvelopeKind;
  readonly alertId: Uint8Array;
  readonly seq: number;
  /** envelopeHash of the sender's previous message about this alert; zeros when seq is 0. */
  readonly prevHash: Uint8Array;
  readonly rosterVersion: number;
  readonly rosterHash: Uint8Array;
  readonly senderSeed: Uint8Array;
  readonly recipients: readonly Recipient[];
  /** Release keys of the tiers that must not read before their turn. */
  readonly gates: readonly { readonly tier: number; readonly rk: Uint8Array }[];
  readonly data: Uint8Array;
  /** Given when attachments were encrypted before the report was finished; drawn otherwise. */
  readonly contentKey?: Uint8Array;
}

export interface SealedEnvelope {
  readonly bytes: Uint8Array;
  readonly hh: Uint8Array;
  readonly contentKey: Uint8Array;
  readonly envelopeHash: Uint8Array;
}

interface Slot {
  readonly tier: number;
  readonly kemPk: Uint8Array;
  readonly dummy: boolean;
}

/** Seals `data` to the recipients. Throws EnvelopeError for input that cannot be sealed ('bad-recipients',
 *  'bad-gates', 'payload-too-long', 'unusable-key'). `draws` is for known-answer tests. */
export function sealEnvelope(p: Primitives, input: SealInput, draws: Draws = randomDraws(p)): SealedEnvelope {
  checkInput(input);
  const { gates } = input;
  const contentKey = input.contentKey?.slice() ?? draws.take('ck', keyBytes);
  const slots = shuffle(withDummies(p, input.recipients, draws), draws);
  const padded = paddedPayloadBytes(input.data.length);

  const prelude = concatBytes(
    envelopeMagic,
    u8(envelopeSuite),
    u8(input.kind),
    u16(0),
    input.alertId,
    u64(input.seq),
    input.prevHash,
    u64(input.rosterVersion),
    input.rosterHash,
    p.ed25519.keypair(input.senderSeed).publicKey,
    u8(gates.length),
    u8(slots.length),
    u16(0),
    u32(padded + aeadTagBytes),
  );
  const ph = preludeHash(p, prelude);
  const gateSection = concatBytes(
    ...gates.map(({ tier, rk }) => concatBytes(u8(tier), gateCommitment(p, rk, ph, tier))),
  );
  const gh = gatesHash(p, ph, gateSection);
  const stanzas = slots.map((slot, index) => {
    const rk = gates.find((gate) => gate.tier === slot.tier)?.rk;
    return sealStanza(p, { slot, index, gh, rk, contentKey, draws });
  });

  const head = concatBytes(prelude, gateSection, ...stanzas);
  const mac = headMac(p, contentKey, head);
  const hh = headerHash(p, head, mac);

  const plaintext = new Uint8Array(padded);
  plaintext.set(u32(input.data.length));
  plaintext.set(input.data, 4);
  const key = payloadKey(p, contentKey, hh);
  const payload = p.aead.seal(key, plaintext, hh);
  wipe(plaintext, key);

  const signature = signLabelled(p, 'JDM1/sig', signedPart(p, hh, payload), input.senderSeed);
  const bytes = concatBytes(head, mac, payload, signature);
  return { bytes, hh, contentKey, envelopeHash: envelopeHash(p, bytes) };
}

/** Checks what the types cannot. */
function checkInput(input: SealInput): void {
  requireBytes('alertId', input.alertId, alertIdBytes);
  requireBytes('prevHash', input.prevHash, hashBytes);
  requireBytes('rosterHash', input.rosterHash, hashBytes);
  requireBytes('senderSeed', input.senderSeed, keyBytes);
  requireBytes('data', input.data);
  if (input.contentKey !== undefined) requireBytes('contentKey', input.contentKey, keyBytes);

  const { recipients } = input;
  if (recipients.length < 1 || recipients.length > maxRecipients) throw new EnvelopeError('bad-recipients');
  for (const { kemPk, tier } of recipients) {
    requireBytes('kemPk', kemPk, xwingPublicKeyBytes);
    if (!isTier(tier)) throw new EnvelopeError('bad-recipients');
  }
  const tiers = input.gates.map((gate) => gate.tier);
  for (const { tier, rk } of input.gates) {
    requireBytes('rk', rk, keyBytes);
    if (!isTier(tier)) throw new EnvelopeError('bad-gates');
  }
  if (tiers.length > maxGates || new Set(tiers).size !== tiers.length) throw new EnvelopeError('bad-gates');
  if (input.data.length > maxPayloadBytes - 4) throw new EnvelopeError('payload-too-long');
}

function isTier(tier: number): boolean {
  return Number.isInteger(tier) && tier >= 0 && tier <= 255;
}

/** Fills up to the next allowed slot count. A dummy takes the tier of a real recipient, so that the tiers outside
 *  give no dummy away. */
function withDummies(p: Primitives, recipients: readonly Recipient[], draws: Draws): Slot[] {
  const slots: Slot[] = recipients.map(({ kemPk, tier }) => ({ kemPk, tier, dummy: false }));
  const slotCount = SLOT_COUNTS.find((count) => count >= recipients.length) ?? maxRecipients;
  for (let n = 0; slots.length < slotCount; n++) {
    const seed = draws.take(`dummy${n}`, keyBytes);
    const { publicKey, secretKey } = p.xwing.keypair(seed);
    wipe(seed, secretKey);
    const model = recipients[(n + 1) % recipients.length];
    slots.push({ kemPk: publicKey, tier: model?.tier ?? 0, dummy: true });
  }
  return slots;
}

/** Fisher-Yates from the last index down. u32 mod (k + 1) with k < 64 is biased by less than 2^-26. */
function shuffle(slots: Slot[], draws: Draws): Slot[] {
  const shuffled = [...slots];
  for (let k = shuffled.length - 1; k > 0; k--) {
    const j = new ByteReader(draws.take(`shuf${k}`, 4)).u32() % (k + 1);
    const [atK, atJ] = [shuffled[k], shuffled[j]];
    if (atK === undefined || atJ === undefined) throw new Error('shuffle index out of range');
    shuffled[k] = atJ;
    shuffled[j] = atK;
  }
  return shuffled;
}

function sealStanza(
  p: Primitives,
  input: { slot: Slot; index: number; gh: Uint8Array; rk: Uint8Array | undefined; contentKey: Uint8Array; draws: Draws },
): Uint8Array {
  const { slot, index, gh, rk, contentKey, draws } = input;
  const seed = draws.take(`enc${index}`, xwingEncapsulationSeedBytes);
  const { ciphertext, sharedSecret } = encapsulate(p, slot.kemPk, seed);
  const key = wrapKey(p, { ss: sharedSecret, gh, tier: slot.tier, ct: ciphertext, pk: slot.kemPk, rk });
  const body = slot.dummy ? draws.take(`dbody${index}`, keyBytes) : contentKey;
  const box = p.aead.seal(key, body, gh);
  wipe(seed, sharedSecret, key);
  return concatBytes(u8(slot.tier), ciphertext, box);
}

function encapsulate(p: Primitives, kemPk: Uint8Array, seed: Uint8Array): { ciphertext: Uint8Array; sharedSecret: Uint8Array } {
  try {
    return p.xwing.encapsulate(kemPk, seed);
  } catch {
    throw new EnvelopeError('unusable-key');
  }
}
