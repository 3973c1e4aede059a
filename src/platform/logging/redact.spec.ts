import { describe, expect, it } from '@jest/globals';
import { redact } from './redact.js';

describe('the last net before a line leaves the program', () => {
  it.each([
    ['550 mailbox aida@partner.example is unknown', '550 mailbox [mail] is unknown'],
    ['connect to postgresql://jardam:canary@db/jardam failed', 'connect to postgresql://[credentials]@db/jardam failed'],
    ['Authorization: Bearer abc.DEF-123', 'Authorization: Bearer [token]'],
    ['from 203.0.113.7 and 10.0.0.1', 'from [address] and [address]'],
    ['from 2001:db8::17 or ::1 now', 'from [address] or [address] now'],
    ['peer fe80:0:0:0:1:2:3:4 left', 'peer [address] left'],
    ['alert 00112233445566778899aabbccddeeff is due', 'alert [id] is due'],
    ['delivery 0c7e1b0a-77aa-4b5c-8d9e-001122334455', 'delivery [id]'],
    ['GET /api/v1/alerts/AbCdEfGhIjKlMnOpQrStUv0/objects', 'GET /api/v1/alerts/[token]/objects'],
    ['mailbox q83vEjRWeJCrze8SNFZ4kKvN7xI0VniQq83vEjRWeJA', 'mailbox [token]'],
  ])('%s', (line, shown) => {
    expect(redact(line)).toBe(shown);
  });

  it.each([
    'tick of 12 alerts took 0.42 ms at 2026-11-23T08:05:30.123Z',
    'the clock says 14:02:33',
    'migration FirstSchema1700000000001 done',
    'listening on port 8080',
    'the embedded PostgreSQL ended unexpectedly, starting it again in 250 ms',
    'policy kyrgyzstan version 3, tier T1b, S1',
    '    at Database.transaction (dist/src/platform/database/database.js:120:13)',
  ])('leaves a harmless line as it is: %s', (line) => {
    expect(redact(line)).toBe(line);
  });
});
