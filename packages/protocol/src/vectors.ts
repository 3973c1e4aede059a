// Known-answer vectors: makes an envelope again from its recorded draws, and opens it for every recipient.
import { equalBytes, fromHex, utf8 } from './bytes.js';
import { recordedDraws } from './draws.js';
import { ENVELOPE_KINDS, type EnvelopeKind } from './envelope-format.js';
import { openEnvelope } from './envelope-open.js';
import { sealEnvelope, type SealInput } from './envelope-seal.js';
import type { Primitives } from './primitives.js';

/** Checks one vector (an object of the form of jdm1-kat.json's `vectors`) with one provider.
 *  Returns every difference found, in words; an empty list means that all was reproduced byte for byte. */
export function checkVector(p: Primitives, vector: unknown): string[] {
  try {
    return compare(p, new VectorReader(vector));
  } catch (error) {
    return [error instanceof Error ? error.message : 'unknown error'];
  }
}

/** The vectors of a parsed file; throws when there is not at least one. */
export function vectorsOf(file: unknown): { name: string; vector: unknown }[] {
  const vectors = typeof file === 'object' && file !== null && 'vectors' in file ? file.vectors : undefined;
  if (!Array.isArray(vectors) || vectors.length === 0) throw new Error('no vectors in this file');
  return vectors.map((vector: unknown, i) => {
    const name = typeof vector === 'object' && vector !== null && 'name' in vector ? vector.name : undefined;
    return { name: typeof name === 'string' ? name : `vector ${i + 1}`, vector };
  });
}

function compare(p: Primitives, v: VectorReader): string[] {
  const seeds = v.list('recipients').map((each) => ({ seed: each.bytes('xwing_seed', 32), tier: each.number('tier'), each }));
  const keys = seeds.map(({ seed }) => p.xwing.keypair(seed));
  const gates = v.list('gates').map((gate) => ({ tier: gate.number('tier'), rk: gate.bytes('rk', 32) }));
  const data = utf8(v.text('payload_utf8'));
  const input: SealInput = {
    kind: v.kind(),
    alertId: v.bytes('alert_id', 16),
    seq: v.number('seq'),
    prevHash: v.bytes('prev_hash', 32),
    rosterVersion: v.number('roster_version'),
    rosterHash: v.bytes('roster_hash', 32),
    senderSeed: v.bytes('sender_seed', 32),
    recipients: keys.map(({ publicKey }, i) => ({ kemPk: publicKey, tier: seeds[i]?.tier ?? 0 })),
    gates,
    data,
  };
  const draws = recordedDraws(v.draws());
  const sealed = sealEnvelope(p, input, draws);
  const expected = v.bytes('envelope_hex');

  const differences: string[] = [];
  const differ = (what: string, same: boolean): void => {
    if (!same) differences.push(what);
  };
  differ('suite', v.number('suite') === 1);
  differ('slots', v.number('slots') === sealed.bytes[137]);
  differ(`unused draws: ${draws.unused().join(', ')}`, draws.unused().length === 0);
  differ('sender_pk', equalBytes(p.ed25519.keypair(input.senderSeed).publicKey, v.bytes('sender_pk', 32)));
  keys.forEach(({ publicKey }, i) => {
    const named = seeds[i]?.each.bytes('pk_blake2b256', 32);
    differ(`pk_blake2b256 of recipient ${i}`, named !== undefined && equalBytes(p.blake2b256(publicKey), named));
  });
  differ('ck', equalBytes(sealed.contentKey, v.bytes('ck', 32)));
  differ('hh', equalBytes(sealed.hh, v.bytes('hh', 32)));
  differ('envelope_length', sealed.bytes.length === v.number('envelope_length'));
  differ('envelope_blake2b256', equalBytes(p.blake2b256(sealed.bytes), v.bytes('envelope_blake2b256', 32)));
  differ('envelope_hex', equalBytes(sealed.bytes, expected));

  const releaseKeys = new Map(gates.map(({ tier, rk }) => [tier, rk]));
  keys.forEach(({ secretKey }, i) => {
    try {
      const opened = openEnvelope(p, expected, { kemSecretKeys: [secretKey], releaseKeys });
      const same = equalBytes(opened.data, data) && opened.tier === seeds[i]?.tier;
      differ(`opening for recipient ${i}`, same && equalBytes(opened.contentKey, v.bytes('ck', 32)));
    } catch (error) {
      differ(`opening for recipient ${i}: ${error instanceof Error ? error.message : 'failed'}`, false);
    }
  });
  return differences;
}

/** Reads fields of untrusted JSON and names the field in every complaint. */
class VectorReader {
  private readonly fields: Readonly<Record<string, unknown>>;

  constructor(value: unknown) {
    if (typeof value !== 'object' || value === null) throw new Error('a vector must be an object');
    this.fields = value as Record<string, unknown>;
  }

  text(name: string): string {
    const value = this.fields[name];
    if (typeof value !== 'string') throw new Error(`${name}: text expected`);
    return value;
  }

  number(name: string): number {
    const value = this.fields[name];
    if (typeof value !== 'number' || !Number.isSafeInteger(value)) throw new Error(`${name}: whole number expected`);
    return value;
  }

  bytes(name: string, length?: number): Uint8Array {
    const value = fromHex(this.text(name), length);
    if (value === null) throw new Error(`${name}: hexadecimal of ${length ?? 'whole'} bytes expected`);
    return value;
  }

  list(name: string): VectorReader[] {
    const value = this.fields[name];
    if (!Array.isArray(value)) throw new Error(`${name}: list expected`);
    return value.map((each) => new VectorReader(each));
  }

  kind(): EnvelopeKind {
    const kind = Object.values(ENVELOPE_KINDS).find((each) => each === this.number('kind'));
    if (kind === undefined) throw new Error('kind: 1 to 6 expected');
    return kind;
  }

  draws(): Map<string, Uint8Array> {
    const value = this.fields['draws_in_order'];
    if (typeof value !== 'object' || value === null || Array.isArray(value)) throw new Error('draws_in_order missing');
    const draws = new VectorReader(value);
    return new Map(Object.keys(value).map((name) => [name, draws.bytes(name)]));
  }
}
