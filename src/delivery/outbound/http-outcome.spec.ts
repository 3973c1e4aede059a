import { describe, expect, it } from '@jest/globals';
import { outcomeOfPost, retryAfterMsOf } from './http-outcome.js';

const now = Date.parse('2026-03-02T04:00:00Z');
const answer = (status: number, retryAfter: string | null = null) => outcomeOfPost({ answered: true, status, retryAfter, body: Buffer.alloc(0) }, [410], now);

describe('what a web server says', () => {
  it.each([200, 202, 204])('%s: taken', (status) => expect(answer(status)).toMatchObject({ kind: 'accepted' }));
  it.each([301, 302, 307, 308])('%s: a redirect is refused, and the address is not switched off for it', (status) => {
    expect(answer(status)).toEqual({ kind: 'refused', code: `http-${status}`, contactIsDead: false });
  });
  it.each([400, 401, 403, 404, 500, 502, 503])('%s: tried again', (status) => expect(answer(status)).toMatchObject({ kind: 'retry', providerTrouble: true }));
  it('410: never again', () => expect(answer(410)).toEqual({ kind: 'refused', code: 'http-410', contactIsDead: true }));
  it('429: not before the time it names, in seconds or as a date', () => {
    expect(answer(429, '7')).toEqual({ kind: 'rate_limited', code: 'http-429', retryAfterMs: 7_000 });
    expect(answer(429, 'Mon, 02 Mar 2026 04:01:00 GMT')).toMatchObject({ retryAfterMs: 60_000 });
    expect(answer(429)).toMatchObject({ kind: 'rate_limited', retryAfterMs: 30_000 });
    expect(answer(429, 'soon')).toMatchObject({ retryAfterMs: 30_000 });
    expect(retryAfterMsOf('Mon, 02 Mar 2026 03:00:00 GMT', now)).toBe(0);
  });

  it('nothing: "perhaps" after the request had left, "not yet" before', () => {
    expect(outcomeOfPost({ answered: false, code: 'econnreset', sent: true }, [], now)).toEqual({ kind: 'ambiguous', code: 'lost-econnreset' });
    expect(outcomeOfPost({ answered: false, code: 'econnrefused', sent: false }, [], now)).toEqual({ kind: 'retry', code: 'econnrefused', providerTrouble: true });
    expect(outcomeOfPost({ answered: false, code: 'address-refused', sent: false }, [], now)).toMatchObject({ kind: 'refused', contactIsDead: false });
  });
});
