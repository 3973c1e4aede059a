import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { filled } from '../test/fixtures.js';
import { toBase64url, toHex, utf8 } from './bytes.js';
import { ENVELOPE_KINDS, type EnvelopeKind } from './envelope-format.js';
import { encodePayload, maxDataBytes, parsePayload, ShapeError, type ReportPayload } from './payloads.js';

const report: ReportPayload = {
  v: 1,
  t: 'report',
  lang: 'ky',
  at: '2026-03-01T12:00:00.000Z',
  severity: 'S1',
  answers: { what: 'кармап кетишти', region: 'KG-O', neverCall: true, who: 'other' },
  consents: { responders: true, abroad: true, eu: false, un: false, publication: false, family: true },
  recipients: [{ rid: toHex(filled(1, 16)), org: 'partner-osh', tier: 1 }],
  reply: { kem: toBase64url(filled(2, 1216)) },
  location: { lat: 40.53, lon: 72.8, accuracyM: 30, at: '2026-03-01T11:59:00Z' },
  attachments: [
    { objectId: toHex(filled(3, 16)), name: 'сүрөт.jpg', type: 'image/jpeg', length: 4137, hash: toBase64url(filled(4)), size: 4000 },
  ],
  instance: toBase64url(filled(5)),
};

const examples: readonly (readonly [EnvelopeKind, object])[] = [
  [1, report],
  [1, { ...report, t: 'panic', answers: {}, attachments: [] }],
  [2, { ...report, t: 'check-in', reply: { kem: toBase64url(filled(2, 1216)) } }],
  [3, { v: 1, t: 'followup', at: report.at, text: 'ещё', answers: { hurt: 'yes' }, consents: report.consents, attachments: report.attachments }],
  [4, { v: 1, t: 'reply', rid: toHex(filled(1, 16)), time: 5, text: 'мы рядом', sig: toBase64url(filled(6, 64)) }],
  [5, { v: 1, t: 'note', rid: toHex(filled(1, 16)), time: 5, text: '', sig: toBase64url(filled(6, 64)) }],
  [6, { v: 1, t: 'stand-down', at: report.at, reason: 'safe', text: 'я дома' }],
];

const parse = (kind: EnvelopeKind, value: unknown): unknown => parsePayload(kind, utf8(JSON.stringify(value)));
const pathOf = (kind: EnvelopeKind, value: unknown): string => {
  try {
    parse(kind, value);
    return 'accepted';
  } catch (error) {
    return error instanceof ShapeError ? error.path : 'another error';
  }
};

describe('a payload', () => {
  it.each(examples)('of kind %d reads back as it was written', (kind, value) => {
    expect(parse(kind, value)).toEqual(value);
    expect(parsePayload(kind, encodePayload(kind, value as never))).toEqual(value);
  });

  it('with keys of a later version is read without them', () => {
    expect(parse(1, { ...report, later: { more: 1 }, answers: { ...report.answers, later: 1 } })).toEqual(report);
  });

  it('passes for no other kind', () => {
    for (const [kind, value] of examples) {
      for (const other of Object.values(ENVELOPE_KINDS)) {
        const bothPanic = [1, 2].includes(kind) && [1, 2].includes(other) && (value as { t: string }).t === 'panic';
        if (other !== kind && !bothPanic) expect(pathOf(other, value)).not.toBe('accepted');
      }
    }
  });

  it('names the first wrong field, and never shows what was in it', () => {
    const secret = 'кармап кетишти';
    for (const [changes, path] of [
      [{ v: 2 }, '$.v'],
      [{ t: 'other' }, '$.t'],
      [{ lang: secret }, '$.lang'],
      [{ at: '2026-03-01' }, '$.at'],
      [{ at: '2026-13-01T12:00:00Z' }, '$.at'],
      [{ severity: 'S5' }, '$.severity'],
      [{ answers: secret }, '$.answers'],
      [{ answers: { what: 5 } }, '$.answers.what'],
      [{ answers: { who: 'she' } }, '$.answers.who'],
      [{ consents: { ...report.consents, responders: false } }, '$.consents.responders'],
      [{ consents: { ...report.consents, eu: 'yes' } }, '$.consents.eu'],
      [{ recipients: [{ rid: 'x', org: 'a', tier: 1 }] }, '$.recipients[0].rid'],
      [{ recipients: [{ ...report.recipients[0], tier: 0 }] }, '$.recipients[0].tier'],
      [{ recipients: {} }, '$.recipients'],
      [{ reply: { kem: toBase64url(filled(2, 1215)) } }, '$.reply.kem'],
      [{ location: { ...report.location, lat: 91 } }, '$.location.lat'],
      [{ location: { ...report.location, lat: null } }, '$.location.lat'],
      [{ attachments: Array(21).fill(report.attachments[0]) }, '$.attachments'],
      [{ attachments: [{ ...report.attachments[0], size: -1 }] }, '$.attachments[0].size'],
      [{ instance: '' }, '$.instance'],
    ] as const) {
      expect(pathOf(1, { ...report, ...changes })).toBe(path);
      expect(() => parse(1, { ...report, ...changes })).not.toThrow(secret);
    }
    expect(pathOf(6, { v: 1, t: 'stand-down', at: report.at, reason: 'tired' })).toBe('$.reason');
  });

  it('that is no JSON object in UTF-8 is refused', () => {
    for (const bytes of [new Uint8Array(0), utf8('{'), utf8('[]'), utf8('null'), utf8('"text"'), Uint8Array.of(0x7b, 0xff, 0x7d)]) {
      expect(() => parsePayload(1, bytes)).toThrow(ShapeError);
    }
  });

  it('reads nothing from a prototype', () => {
    expect(() => parsePayload(6, utf8('{"__proto__":{"v":1,"t":"stand-down","at":"2026-03-01T12:00:00Z","reason":"safe"}}'))).toThrow('$.v');
  });

  it('too long for its kind is refused before it is sealed', () => {
    expect([maxDataBytes(1), maxDataBytes(4), maxDataBytes(6)]).toEqual([262_140, 4092, 4092]);
    const long = { v: 1, t: 'stand-down', at: report.at, reason: 'safe', text: 'ж'.repeat(2100) } as const;
    expect(() => encodePayload(6, long)).toThrow(ShapeError);
    expect(() => encodePayload(3, { v: 1, t: 'followup', at: report.at, text: 'ж'.repeat(90_000) })).not.toThrow();
  });

  it('of any JSON is read or refused, and nothing else happens', () => {
    fc.assert(
      fc.property(fc.json(), fc.constantFrom(...Object.values(ENVELOPE_KINDS)), (json, kind) => {
        expect(() => parsePayload(kind, utf8(json))).toThrow(ShapeError);
      }),
    );
  });
});
