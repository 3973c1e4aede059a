import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { filled, noble, pairs, sodium, withBytes } from '../test/fixtures.js';
import {
  attachmentChunkBytes,
  attachmentCiphertextBytes,
  decryptAttachment,
  decryptStream,
  encryptAttachment,
  maxAttachmentBytes,
} from './attachments.js';
import { concatBytes, fromHex, toBase64url } from './bytes.js';
import { K } from './hash.js';
import type { Primitives } from './primitives.js';

const headerBytes = 24;
const sealedChunkBytes = attachmentChunkBytes + 17;
const objectId = filled(7, 16);
const contentKey = filled(1);

const encrypt = (p: Primitives, bytes: Uint8Array): ReturnType<typeof encryptAttachment> =>
  encryptAttachment(p, { contentKey, objectId, bytes, name: 'photo.jpg', type: 'image/jpeg' });

// Three chunks: two full ones and a last one.
const video = Uint8Array.from({ length: 2 * attachmentChunkBytes + 3000 }, (_, i) => i * 7);
const sealed = encrypt(sodium, video);
const size = video.length;
const open = (ciphertext: Uint8Array, key = contentKey, id = objectId): unknown =>
  decryptStream(sodium, { contentKey: key, objectId: id, ciphertext, size });
const chunk = (i: number): Uint8Array =>
  sealed.ciphertext.slice(headerBytes + i * sealedChunkBytes, headerBytes + (i + 1) * sealedChunkBytes);
const header = sealed.ciphertext.slice(0, headerBytes);

describe('an attachment', () => {
  it.each(pairs.map(({ sender, reader }) => [sender.name, reader.name, sender, reader] as const))(
    'encrypted by %s opens with %s, whatever its length',
    (_sender, _reader, sender, reader) => {
      const lengths = fc.oneof(
        fc.constantFrom(0, 1, attachmentChunkBytes - 1, attachmentChunkBytes, attachmentChunkBytes + 1, 131_072),
        fc.nat(90_000),
      );
      fc.assert(
        fc.property(lengths, (length) => {
          const bytes = new Uint8Array(length).map((_, i) => i);
          const { ciphertext, entry } = encrypt(sender, bytes);
          expect(ciphertext).toHaveLength(attachmentCiphertextBytes(length));
          expect(entry).toMatchObject({ length: ciphertext.length, size: length, name: 'photo.jpg', type: 'image/jpeg' });
          expect(fromHex(entry.objectId)).toEqual(objectId);
          expect(decryptAttachment(reader, { contentKey, entry, ciphertext })).toEqual({ bytes });
        }),
        { numRuns: 12 },
      );
    },
  );

  it('has a ciphertext that shows the length only roughly', () => {
    expect(encrypt(sodium, new Uint8Array(98_500)).ciphertext.length).toBe(encrypt(sodium, new Uint8Array(100_300)).ciphertext.length);
  });

  it('is refused with chunks out of order, doubled, dropped, or without its last one', () => {
    expect(open(concatBytes(header, chunk(0), chunk(1), chunk(2)))).toEqual({ bytes: video });
    expect(open(concatBytes(header, chunk(1), chunk(0), chunk(2)))).toEqual({ refused: 'corrupt' });
    expect(open(concatBytes(header, chunk(0), chunk(0), chunk(1), chunk(2)))).toEqual({ refused: 'corrupt' });
    expect(open(concatBytes(header, chunk(0), chunk(2)))).toEqual({ refused: 'corrupt' });
    expect(open(concatBytes(header, chunk(0), chunk(1)))).toEqual({ refused: 'cut-short' });
    expect(open(concatBytes(header, chunk(0), chunk(1), chunk(2), chunk(2)))).toEqual({ refused: 'corrupt' });
    expect(open(header)).toEqual({ refused: 'cut-short' });
    expect(open(new Uint8Array(5))).toEqual({ refused: 'cut-short' });
    expect(open(sealed.ciphertext.subarray(0, sealed.ciphertext.length - 1))).toEqual({ refused: 'corrupt' });
  });

  it('of another alert, or under another object id, does not open', () => {
    expect(open(sealed.ciphertext, filled(2))).toEqual({ refused: 'corrupt' });
    expect(open(sealed.ciphertext, contentKey, filled(8, 16))).toEqual({ refused: 'corrupt' });
    const other = encryptAttachment(sodium, { contentKey: filled(2), objectId, bytes: video, name: 'b', type: 'image/png' });
    expect(decryptAttachment(sodium, { contentKey, entry: other.entry, ciphertext: other.ciphertext })).toEqual({ refused: 'corrupt' });
    expect(decryptAttachment(sodium, { contentKey, entry: sealed.entry, ciphertext: other.ciphertext })).toEqual({ refused: 'wrong-hash' });
  });

  it('is refused when it and the manifest differ', () => {
    const { ciphertext, entry } = sealed;
    const decrypt = (changes: object, bytes = ciphertext): unknown =>
      decryptAttachment(sodium, { contentKey, entry: { ...entry, ...changes }, ciphertext: bytes });
    expect(decrypt({}, ciphertext.subarray(1))).toEqual({ refused: 'wrong-length' });
    expect(decrypt({ length: entry.length - 1 })).toEqual({ refused: 'wrong-length' });
    expect(decrypt({ size: 1 })).toEqual({ refused: 'wrong-length' });
    expect(decrypt({ hash: toBase64url(filled(0)) })).toEqual({ refused: 'wrong-hash' });
    expect(decrypt({}, withBytes(ciphertext, 500, Uint8Array.of((ciphertext[500] ?? 0) ^ 1)))).toEqual({ refused: 'wrong-hash' });
    expect(decrypt({ hash: 'x' })).toEqual({ refused: 'bad-entry' });
    expect(decrypt({ objectId: 'x' })).toEqual({ refused: 'bad-entry' });
    expect(decrypt({ size: maxAttachmentBytes + 1 })).toEqual({ refused: 'bad-entry' });
    // One byte less than was sealed falls into the same PADMÉ step, but then a byte of the file is "padding".
    expect(decrypt({ size: size - 1 })).toEqual({ refused: 'bad-padding' });
  });

  it('whose stream has a tag that JDM1 does not use is refused by both', () => {
    // libsodium's PUSH tag (1), which only a foreign writer would set.
    const key = K(sodium, contentKey, 'JDM1/att', objectId);
    for (const p of [sodium, noble]) {
      const pull = p.secretstream.pull(key, header);
      const first = chunk(0);
      first[0] = (first[0] ?? 0) ^ 1;
      expect(pull.next(first)).toBeNull();
    }
  });

  it('larger than the limit is refused before any memory is spent on it', () => {
    expect(() => encrypt(sodium, new Uint8Array(maxAttachmentBytes + 1))).toThrow(RangeError);
  });
});
