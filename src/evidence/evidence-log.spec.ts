import { beforeAll, describe, expect, it } from '@jest/globals';
import { alertTag, decodeEvent, toHex, verifyEventChain, type Primitives } from '@jardam/protocol';
import { loadSodium } from '@jardam/protocol/sodium';
import { EMPTY_CHAIN, EvidenceLog } from './evidence-log.js';

describe('the event chain of an alert', () => {
  let p: Primitives;
  let log: EvidenceLog;
  const alertId = new Uint8Array(16).fill(7);
  const at = new Date('2026-03-01T10:02:03.004Z');

  beforeAll(async () => {
    p = await loadSodium();
    log = new EvidenceLog(p);
  });

  it('starts at n = 0 and verifies as the protocol says', () => {
    const { rows, head } = log.chain(EMPTY_CHAIN, log.tagOf(alertId), at, [
      { type: 'SUBMIT', object: new Uint8Array(32).fill(1) },
      { type: 'ENTER', tier: 1, detail: { outcome: 'notified' } },
    ]);
    expect(rows.map(({ n, type }) => [n, type])).toEqual([
      [0, 'SUBMIT'],
      [1, 'ENTER'],
    ]);
    const verified = verifyEventChain(p, rows.map((row) => row.body));
    if ('refused' in verified) throw new Error(verified.refused);
    expect(toHex(verified.head)).toBe(toHex(head.hash));
    expect(head.n).toBe(1);
  });

  it('continues behind a head, whatever number of calls it took', () => {
    const tag = alertTag(p, alertId);
    const first = log.chain(EMPTY_CHAIN, tag, at, [{ type: 'SUBMIT' }]);
    const second = log.chain(first.head, tag, new Date(at.getTime() + 600_000), [{ type: 'SEEN', actorRid: new Uint8Array(16).fill(2) }]);
    expect(second.rows[0]?.n).toBe(1);
    expect(verifyEventChain(p, [...first.rows, ...second.rows].map((row) => row.body))).not.toHaveProperty('refused');
  });

  it('never goes back in time, though a transaction that began earlier may get the lock later', () => {
    const tag = alertTag(p, alertId);
    const first = log.chain(EMPTY_CHAIN, tag, new Date('2026-03-01T10:05:00.001Z'), [{ type: 'SUBMIT' }]);
    const late = log.chain(first.head, tag, new Date('2026-03-01T10:04:59.900Z'), [{ type: 'ACK' }]);
    expect(verifyEventChain(p, [...first.rows, ...late.rows].map((row) => row.body))).not.toHaveProperty('refused');
    expect(late.head.at).toEqual(new Date('2026-03-01T10:05:00.001Z'));
  });

  it('puts only a rounded time into what is hashed, and keeps the exact one for the ladder', () => {
    const { rows } = log.chain(EMPTY_CHAIN, log.tagOf(alertId), at, [{ type: 'SUBMIT' }]);
    expect(rows[0]?.at).toEqual(at);
    expect(decodeEvent(rows[0]?.body ?? new Uint8Array())?.time).toBe(Date.parse('2026-03-01T10:00:00Z'));
  });

  it('leaves the head where it is when nothing happened', () => {
    const head = { n: 4, hash: new Uint8Array(32).fill(9), at };
    expect(log.chain(head, log.tagOf(alertId), at, [])).toEqual({ rows: [], head });
  });
});
