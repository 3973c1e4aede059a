import { describe, expect, it } from '@jest/globals';
import { isDatabaseUnavailable } from './unavailable.js';

const refused = Object.assign(new Error('connect ECONNREFUSED'), { code: 'ECONNREFUSED', syscall: 'connect' });

describe('whether the database is only away', () => {
  it('a refused, broken or shut connection may succeed later, however it is wrapped', () => {
    expect(isDatabaseUnavailable(refused)).toBe(true);
    expect(isDatabaseUnavailable(new Error('outer', { cause: refused }))).toBe(true);
    expect(isDatabaseUnavailable(Object.assign(new Error('query failed'), { driverError: refused }))).toBe(true);
    expect(isDatabaseUnavailable(Object.assign(new Error('shutting down'), { code: '57P01' }))).toBe(true);
    expect(isDatabaseUnavailable(new Error('Connection terminated unexpectedly'))).toBe(true);
  });

  it('so does a host name of which no address answers', () => {
    expect(isDatabaseUnavailable(Object.assign(new AggregateError([refused, refused]), { code: 'ECONNREFUSED' }))).toBe(true);
  });

  it('a row that breaks a rule, a fault of ours or a missing file never do', () => {
    for (const error of [
      Object.assign(new Error('duplicate key'), { code: '23505' }),
      new TypeError('x is not a function'),
      Object.assign(new Error('no such file'), { code: 'ENOENT', syscall: 'open' }),
      null,
      'ECONNREFUSED',
    ]) {
      expect(isDatabaseUnavailable(error)).toBe(false);
    }
  });
});
