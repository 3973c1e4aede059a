import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { filled, flipBit, noble, sodium } from '../test/fixtures.js';
import {
  decodeEvent,
  encodeEvent,
  EVENT_TYPES,
  eventBytes,
  eventHash,
  eventTimeGrainMs,
  verifyEventChain,
  type EventType,
  type LedgerEvent,
} from './events.js';

const start = Date.parse('2026-03-01T12:00:00Z');

function chain(types: readonly EventType[], changes: (n: number) => Partial<LedgerEvent> = () => ({})): Uint8Array[] {
  const encoded: Uint8Array[] = [];
  for (const [n, type] of types.entries()) {
    const before = encoded.at(-1);
    encoded.push(
      encodeEvent({
        type,
        tag: filled(1),
        n,
        time: start + n * 60_000,
        rid: type === 'ACK' ? filled(2, 16) : null,
        tier: 1,
        object: filled(3),
        prev: before === undefined ? new Uint8Array(32) : eventHash(sodium, before),
        signature: type === 'ACK' ? filled(4, 64) : null,
        ...changes(n),
      }),
    );
  }
  return encoded;
}

const story: readonly EventType[] = ['SUBMIT', 'ENTER', 'NOTIFY', 'SEEN', 'ACK', 'CLOSE', 'GATE_DESTROYED'];

describe('an alert’s events', () => {
  it('make a chain that either provider follows', () => {
    const events = chain(story);
    const verified = verifyEventChain(noble, events);
    if ('refused' in verified) throw new Error(verified.refused);
    expect(verified.events.map(({ type }) => type)).toEqual(story);
    expect(verified.head).toEqual(eventHash(sodium, events[6] ?? new Uint8Array(0)));
    expect(verifyEventChain(sodium, [])).toEqual({ events: [], head: new Uint8Array(32) });
  });

  it('tell the time to five minutes only', () => {
    const [first] = chain(['SUBMIT'], () => ({ time: start + eventTimeGrainMs - 1 }));
    expect(decodeEvent(first ?? new Uint8Array(0))?.time).toBe(start);
  });

  it('cannot be dropped, doubled, put in another order or cut at the front', () => {
    const events = chain(story);
    const at = (...order: number[]): unknown => verifyEventChain(sodium, order.map((i) => events[i] ?? new Uint8Array(0)));
    expect(at(0, 2)).toEqual({ refused: 'wrong-number', at: 1 });
    expect(at(0, 0)).toEqual({ refused: 'wrong-number', at: 1 });
    expect(at(1, 0)).toEqual({ refused: 'wrong-number', at: 0 });
    expect(at(0, 1, 3, 2)).toEqual({ refused: 'wrong-number', at: 2 });
  });

  it('cannot be rewritten, renumbered, mixed between alerts, or moved back in time', () => {
    const events = chain(story);
    const other = chain(story, (n) => (n === 2 ? { tier: 9 } : {}));
    const mixed = [...events.slice(0, 2), ...other.slice(2, 3), ...events.slice(3)];
    expect(verifyEventChain(sodium, mixed)).toEqual({ refused: 'wrong-prev', at: 3 });
    expect(verifyEventChain(sodium, chain(story, (n) => (n === 3 ? { prev: filled(9) } : {})))).toEqual({ refused: 'wrong-prev', at: 3 });
    expect(verifyEventChain(sodium, chain(story, (n) => (n === 3 ? { tag: filled(9) } : {})))).toEqual({ refused: 'another-alert', at: 3 });
    expect(verifyEventChain(sodium, chain(story, (n) => (n === 3 ? { time: start - 3_600_000 } : {})))).toEqual({ refused: 'time-went-back', at: 3 });
  });

  it('with any bit changed break the chain or lose their form', () => {
    const events = chain(['SUBMIT', 'ACK', 'CLOSE']);
    for (let bit = 0; bit < eventBytes * 8; bit++) {
      const changed = [events[0] ?? new Uint8Array(0), flipBit(events[1] ?? new Uint8Array(0), bit), events[2] ?? new Uint8Array(0)];
      expect(verifyEventChain(sodium, changed)).toHaveProperty('refused');
    }
  });
});

describe('event bytes', () => {
  it('read back for every type', () => {
    const types = fc.constantFrom(...(Object.keys(EVENT_TYPES) as EventType[]));
    fc.assert(
      fc.property(types, fc.nat(255), fc.nat(2 ** 40), fc.boolean(), (type, tier, n, byPerson) => {
        const event: LedgerEvent = {
          type,
          tag: filled(1),
          n,
          time: start,
          rid: byPerson ? filled(2, 16) : null,
          tier,
          object: filled(3),
          prev: filled(4),
          signature: byPerson ? filled(5, 64) : null,
        };
        const bytes = encodeEvent(event);
        expect(bytes).toHaveLength(eventBytes);
        expect(decodeEvent(bytes)).toEqual(event);
      }),
      { numRuns: 60 },
    );
  });

  it('are refused with another magic, type, length, an unrounded time or a hidden signature', () => {
    const [bytes] = chain(['SUBMIT']);
    if (bytes === undefined) throw new Error('one event');
    const changed = (at: number, value: number): LedgerEvent | null => {
      const copy = bytes.slice();
      copy[at] = value;
      return decodeEvent(copy);
    };
    expect(changed(3, 0x32)).toBeNull();
    expect(changed(4, 0)).toBeNull();
    expect(changed(4, 25)).toBeNull();
    expect(changed(52, (bytes[52] ?? 0) ^ 1)).toBeNull();
    expect(changed(134, 2)).toBeNull();
    expect(changed(150, 1)).toBeNull();
    expect(decodeEvent(bytes.subarray(1))).toBeNull();
  });

  it('have numbers that never change', () => {
    expect(EVENT_TYPES).toMatchObject({ ARM: 1, SUBMIT: 2, ACK: 7, CLOSE: 14, GATE_DESTROYED: 15, NOT_CONSENTED: 24 });
    expect(new Set(Object.values(EVENT_TYPES)).size).toBe(24);
  });
});
