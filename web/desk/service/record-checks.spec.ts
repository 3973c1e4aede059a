import { describe, expect, it } from '@jest/globals';
import type { ChainEnd, RecordFault, RosterView } from '../crypto/messages.js';
import type { AlertDetail } from './desk-api.js';
import { isOutrun, RecordChecks } from './record-checks.js';

const answer = (n: number, envelopes = 1): AlertDetail =>
  ({ chainHead: { n, hash: `hash ${n}` }, envelopes: Array.from({ length: envelopes }, () => ({})) }) as unknown as AlertDetail;

describe('two answers about one alert', () => {
  it('the older one is dropped when it comes last', () => {
    expect(isOutrun(answer(5), answer(4), null)).toBe(true);
    expect(isOutrun(answer(5, 3), answer(5, 2), null)).toBe(true);
    expect(isOutrun(answer(5), answer(5), null)).toBe(false);
    expect(isOutrun(answer(5), answer(6), null)).toBe(false);
    expect(isOutrun(null, answer(0), null)).toBe(false);
  });

  it('one that forgets what was known before it was asked for is no late answer: it must be seen', () => {
    expect(isOutrun(answer(5), answer(3), { n: 4, hash: 'hash 4' })).toBe(false);
  });
});

describe('the record of an alert', () => {
  const asked: (ChainEnd | null)[] = [];
  const checks = (answers: (readonly RecordFault[])[], roster: RosterView | null): RecordChecks =>
    new RecordChecks(
      {
        checkRecord: ({ before }) => {
          asked.push(before);
          return Promise.resolve(answers.shift() ?? []);
        },
      },
      () => Promise.resolve(roster),
    );

  it('has to hold what it held before', async () => {
    const record = checks([[], []], null);
    expect(record.heldUntil('a')).toBe(null);
    await record.check('a', answer(4), null);
    expect(record.heldUntil('a')).toEqual({ n: 4, hash: 'hash 4' });
    await record.check('a', answer(6), record.heldUntil('a'));
    expect(asked.at(-1)).toEqual({ n: 4, hash: 'hash 4' });
    record.forget();
    expect(record.heldUntil('a')).toBe(null);
  });

  it('is not remembered while it does not hold', async () => {
    const record = checks([['shown-otherwise']], null);
    expect(await record.check('a', answer(4), null)).toEqual(['shown-otherwise']);
    expect(record.heldUntil('a')).toBe(null);
  });

  it('is looked at again under a newer list of responders before anybody is alarmed', async () => {
    const newer = {} as RosterView;
    expect(await checks([['signature'], []], newer).check('a', answer(1), null)).toEqual([]);
    expect(await checks([['signature'], ['signature']], newer).check('a', answer(1), null)).toEqual(['signature']);
    expect(await checks([['signature'], []], null).check('a', answer(1), null)).toEqual(['signature']);
    expect(await checks([['chain'], []], newer).check('a', answer(1), null)).toEqual(['chain']);
  });
});
