import { describe, expect, it } from '@jest/globals';
import { detentionClock, detentionStartMs } from './detention.js';

const hourMs = 3_600_000;

describe('the detention clocks', () => {
  it('count from an instant with a zone, and from local time of the place', () => {
    expect(detentionStartMs('2026-03-01T13:40:00Z')).toBe(Date.parse('2026-03-01T13:40:00Z'));
    expect(detentionStartMs('2026-03-01T19:40')).toBe(Date.parse('2026-03-01T13:40:00Z'));
  });

  it.each(['yesterday evening', '2026-13-45T10:00:00Z', '2026-03-01', ''])('do not guess a time out of «%s»', (text) => {
    expect(detentionStartMs(text)).toBeNull();
  });

  it('pass 12, 24, 40 and 48 hours to the millisecond', () => {
    expect(detentionClock(0, 24 * hourMs - 1).next?.hours).toBe(24);
    expect(detentionClock(0, 24 * hourMs).next?.hours).toBe(40);
    expect(detentionClock(0, 48 * hourMs).next).toBeNull();
  });

  it('do not run backwards for a time that lies ahead by a wrong clock', () => {
    expect(detentionClock(hourMs, 0).heldMs).toBe(0);
  });
});
