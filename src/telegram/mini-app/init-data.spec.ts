import { describe, expect, it } from '@jest/globals';
import { createHmac } from 'node:crypto';
import { checkInitData } from './init-data.js';

const token = '7000000001:AAinvented-token-of-a-test-bot-xx';
const now = Date.UTC(2026, 0, 5, 9);

function signed(fields: Record<string, string>, by = token): string {
  const text = Object.keys(fields).sort().map((name) => `${name}=${fields[name] ?? ''}`).join('\n');
  const key = createHmac('sha256', 'WebAppData').update(by).digest();
  return new URLSearchParams({ ...fields, hash: createHmac('sha256', key).update(text).digest('hex') }).toString();
}

const fields = (at = now): Record<string, string> => ({ user: JSON.stringify({ id: 5_000_000_001, first_name: 'А & Б' }), auth_date: String(at / 1_000), query_id: 'q', signature: 's' });

describe('what Telegram gives a Mini App', () => {
  it('names the account', () => {
    expect(checkInitData(signed(fields()), token, now)).toEqual({ userId: 5_000_000_001 });
  });

  it('is refused when signed for another bot, changed in any field, cut, doubled or not there', () => {
    const good = signed(fields());
    const bad = [
      '',
      'hash=',
      signed(fields(), `${token}x`),
      good.replace('5000000001', '5000000002'),
      good.replace('query_id=q', 'query_id=r'),
      good.replace('&query_id=q', ''),
      `${good}&start_param=x`,
      `${good}&query_id=q`,
      good.replace(/hash=../, 'hash=00'),
      signed({ ...fields(), user: 'no json' }),
      signed({ auth_date: fields().auth_date ?? '' }),
      'x'.repeat(5_000),
    ];
    expect(bad.map((each) => checkInitData(each, token, now))).toEqual(bad.map(() => ({ refused: 'not-telegram' })));
  });

  it('holds for an hour, and not from the future', () => {
    expect(checkInitData(signed(fields(now - 3_600_000)), token, now)).toHaveProperty('userId');
    expect(checkInitData(signed(fields(now - 3_601_000)), token, now)).toEqual({ refused: 'expired' });
    expect(checkInitData(signed(fields(now + 301_000)), token, now)).toEqual({ refused: 'expired' });
    expect(checkInitData(signed({ ...fields(), auth_date: 'soon' }), token, now)).toEqual({ refused: 'expired' });
  });
});
