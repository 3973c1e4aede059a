import { describe, expect, it } from '@jest/globals';
import { filled, pairs, sodium, thrownBy } from '../test/fixtures.js';
import { parseEnvelope } from './envelope-format.js';
import { openEnvelope } from './envelope-open.js';
import { sealEnvelope } from './envelope-seal.js';
import { toHex } from './bytes.js';
import { deriveResponder } from './keys.js';
import { openReply, replyTier, sealReply, type ReplyInput } from './reply.js';
import { deriveSender } from './sender.js';
import type { Primitives } from './primitives.js';

const defender = deriveSender(sodium, filled(1));
const responder = deriveResponder(sodium, filled(2));
const colleague = deriveResponder(sodium, filled(3));
const rid = filled(4, 16);
const alertId = filled(5, 16);

const input: ReplyInput = {
  kind: 4,
  alertId,
  rosterVersion: 7,
  rosterHash: filled(6),
  recipients: [
    { kemPk: defender.replyKem.publicKey, tier: replyTier },
    { kemPk: colleague.kem.publicKey, tier: 1 },
  ],
  rid,
  signSeed: responder.signSeed,
  time: Date.parse('2026-03-01T12:05:00Z'),
  text: 'Адвокат жолдо',
};

const open = (p: Primitives, bytes: Uint8Array, changes: Partial<Parameters<typeof openReply>[2]> = {}): ReturnType<typeof openReply> =>
  openReply(p, bytes, {
    kind: 4,
    kemSecretKeys: [defender.replyKem.secretKey],
    expect: { alertId },
    signPkOf: (who) => (who === toHex(rid) ? responder.signPk : null),
    ...changes,
  });

describe('a reply', () => {
  it.each(pairs.map(({ sender, reader }) => [sender.name, reader.name, sender, reader] as const))(
    'written with %s is read with %s by the defender and the team',
    (_sender, _reader, sender, reader) => {
      const { bytes } = sealReply(sender, input);
      const expected = { rid: toHex(rid), time: input.time, text: input.text };
      expect(open(reader, bytes)).toMatchObject(expected);
      expect(open(reader, bytes, { kemSecretKeys: [colleague.kem.secretKey] })).toMatchObject(expected);
    },
  );

  it('shows outside neither who wrote it nor how long it is', () => {
    const [one, two] = [sealReply(sodium, input), sealReply(sodium, { ...input, text: 'x'.repeat(2000) })];
    expect(one.bytes).toHaveLength(two.bytes.length);
    const keys = [one, two].map(({ bytes }) => toHex(parseEnvelope(bytes).senderPk));
    expect(keys).not.toContain(toHex(responder.signPk));
    expect(keys[0]).not.toBe(keys[1]);
  });

  it('from somebody whom the roster does not name, or signed by another, is refused', () => {
    const { bytes } = sealReply(sodium, input);
    expect(open(sodium, bytes, { signPkOf: () => null })).toEqual({ refused: 'unknown-responder' });
    expect(open(sodium, bytes, { signPkOf: () => colleague.signPk })).toEqual({ refused: 'bad-responder-signature' });
    const forged = sealReply(sodium, { ...input, signSeed: colleague.signSeed });
    expect(open(sodium, forged.bytes)).toEqual({ refused: 'bad-responder-signature' });
  });

  it('cannot be lifted into another envelope, even by somebody on the team', () => {
    const { data, parsed } = openEnvelope(sodium, sealReply(sodium, input).bytes, { kemSecretKeys: [colleague.kem.secretKey] });
    const lift = (changes: object): Uint8Array =>
      sealEnvelope(sodium, { ...input, ...parsed, senderSeed: filled(8), gates: [], data, ...changes }).bytes;
    expect(open(sodium, lift({}))).toEqual({ refused: 'bad-responder-signature' });
    const elsewhere = lift({ alertId: filled(9, 16) });
    expect(thrownBy(() => open(sodium, elsewhere))).toBe('wrong-alert');
    expect(open(sodium, elsewhere, { expect: {} })).toEqual({ refused: 'bad-responder-signature' });
  });

  it('and a note for colleagues never pass for each other', () => {
    const note = sealReply(sodium, { ...input, kind: 5 });
    expect(thrownBy(() => open(sodium, note.bytes))).toBe('bad-kind');
    expect(open(sodium, note.bytes, { kind: 5 })).toMatchObject({ text: input.text });
    // Not even when the envelope's kind is changed on the way by a member of the team.
    const { data, parsed } = openEnvelope(sodium, note.bytes, { kemSecretKeys: [colleague.kem.secretKey] });
    const relabelled = sealEnvelope(sodium, { ...input, ...parsed, kind: 4, senderSeed: filled(8), gates: [], data });
    expect(thrownBy(() => open(sodium, relabelled.bytes))).toBe('ShapeError');
  });

  it('that does not fit is refused while it can still be shortened', () => {
    expect(thrownBy(() => sealReply(sodium, { ...input, text: 'ж'.repeat(2000) }))).toBe('ShapeError');
  });
});
