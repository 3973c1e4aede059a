import { describe, expect, it } from '@jest/globals';
import { filled, pairs, providers, smallReport } from '../test/fixtures.js';
import { armedGates, armedLocator, armedLocatorBytes, isFullyGated, releaseKeysOf, releaseSecretOf } from './armed.js';
import { toHex } from './bytes.js';
import { openEnvelope } from './envelope-open.js';
import { parseEnvelope } from './envelope-format.js';

const alertId = filled(1, 16);
const rs = filled(9);

describe('an armed packet', () => {
  it.each(pairs)('is opened by its one secret, whoever derives the keys ($sender.name, $reader.name)', ({ sender, reader }) => {
    const packet = smallReport(sender, { kind: 2, alertId, gates: armedGates(sender, rs, alertId, [1, 4, 1]) });
    const parsed = parseEnvelope(packet.bytes);
    expect(isFullyGated(parsed)).toBe(true);
    const releaseKeys = releaseKeysOf(reader, parsed, rs);
    expect([...(releaseKeys?.keys() ?? [])]).toEqual([1, 4]);
    const opened = openEnvelope(reader, packet.bytes, { kemSecretKeys: [packet.officer.secretKey], releaseKeys: releaseKeys ?? new Map() });
    expect(opened.tier).toBe(1);
  });

  it.each(providers.map((p) => [p.name, p] as const))('is not opened by another secret, nor by that of another alert (%s)', (_name, p) => {
    const packet = smallReport(p, { kind: 2, alertId, gates: armedGates(p, rs, alertId, [1, 4]) });
    expect(releaseKeysOf(p, parseEnvelope(packet.bytes), filled(8))).toBeNull();
    const moved = smallReport(p, { kind: 2, alertId, gates: armedGates(p, rs, filled(2, 16), [1, 4]) });
    expect(releaseKeysOf(p, parseEnvelope(moved.bytes), rs)).toBeNull();
  });

  it('is none when one tier can read at once, or when it is a report', () => {
    const [p] = providers;
    if (p === undefined) throw new Error('no provider');
    const half = smallReport(p, { kind: 2, alertId, gates: armedGates(p, rs, alertId, [4]) });
    expect(isFullyGated(parseEnvelope(half.bytes))).toBe(false);
    const report = smallReport(p, { kind: 1, alertId, gates: armedGates(p, rs, alertId, [1, 4]) });
    expect(isFullyGated(parseEnvelope(report.bytes))).toBe(false);
  });

  it('has frozen derivations: a changed label would part every button from its packet', () => {
    for (const p of providers) {
      expect(toHex(releaseSecretOf(p, filled(3)))).toBe(RELEASE_SECRET);
      expect(toHex(armedLocator(p, alertId))).toBe(LOCATOR);
      expect(armedLocator(p, alertId)).toHaveLength(armedLocatorBytes);
      expect(armedGates(p, rs, alertId, [4]).map(({ rk }) => toHex(rk))).toEqual([GATE_KEY]);
    }
  });
});

// Computed with Python's hashlib.blake2b: H and K are BLAKE2b-256 over u8 length ‖ label ‖ parts.
const RELEASE_SECRET = 'd508d932322d8b90d165c65df67f676f2390de53c2c835fc383977bbc6147839';
const LOCATOR = '847a4ca32778bd9c219f13d4';
const GATE_KEY = '3a3a32186164994c2c9c64debae47ca18edad0c53b791fd91d8b77a90824c3fb';
