import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { canonicalJson, loadPolicy, parseDuration, policySha256 } from './policy-schema.js';

const minute = 60_000;
const hour = 60 * minute;
const day = 24 * hour;

describe('the Kyrgyzstan policy', () => {
  const policy = loadPolicy('config/policies/kyrgyzstan.yaml');
  const delays = (key: string): unknown => Object.values(policy.tiers.find((tier) => tier.key === key)?.afterMs ?? {});

  it('has the ladder that was agreed', () => {
    expect(delays('T1')).toEqual([0, 0, 0, 'next_shift']);
    expect(delays('T1b')).toEqual([5 * minute, 15 * minute, 4 * hour, 24 * hour]);
    expect(delays('T2')).toEqual([10 * minute, 45 * minute, 12 * hour, 72 * hour]);
    expect(delays('T3')).toEqual([20 * minute, 2 * hour, 48 * hour, null]);
    expect(delays('T4')).toEqual([30 * minute, 4 * hour, 72 * hour, null]);
    expect(delays('T5')).toEqual([6 * hour, 24 * hour, 7 * day, null]);
    expect(delays('T6')).toEqual([null, null, null, null]);
  });

  it('asks consent for everybody abroad, and lets nobody of them read early', () => {
    expect(policy.tiers.map(({ key, consent }) => [key, consent])).toEqual([
      ['T1', null],
      ['T1b', null],
      ['T2', null],
      ['T3', 'abroad'],
      ['T4', 'eu'],
      ['T5', 'un'],
      ['T6', 'publication'],
    ]);
    expect(policy.tiers.filter(({ gated }) => gated).map(({ key }) => key)).toEqual(['T3', 'T4']);
  });

  it('lets an acknowledgement expire as agreed, with a reminder at 80 %', () => {
    expect(policy.ack).toMatchObject({ expiresMs: { S1: 30 * minute, S2: 2 * hour, S3: day, S4: 3 * day }, remindAt: 0.8, then: 'same' });
    expect(policy.ack.snoozeMostMs).toEqual({ S1: null, S2: 4 * hour, S3: 2 * day, S4: 7 * day });
    expect(policy.repeatMs).toEqual({ S1: 30 * minute, S2: 4 * hour, S3: day, S4: null });
    expect(policy.handedOverMs).toBe(minute);
    expect(policy.standDownPauseMs).toBe(15 * minute);
    expect(policy.zone).toBe('Asia/Bishkek');
  });

  it('has a demonstration with the same tiers, at most 10 minutes long for a critical alert', () => {
    const demo = loadPolicy('config/policies/demo.yaml');
    expect(demo.tiers.map(({ tier, key, consent, by }) => [tier, key, consent, by])).toEqual(policy.tiers.map(({ tier, key, consent, by }) => [tier, key, consent, by]));
    expect(demo.tiers.map(({ afterMs }) => afterMs.S1)).toEqual([0, minute, 2 * minute, 3 * minute, 4 * minute, 6 * minute, null]);
  });
});

describe('the hash of a policy', () => {
  it('does not depend on the order of fields, and survives a database that sorts them', () => {
    const policy = loadPolicy('config/policies/kyrgyzstan.yaml');
    const stored = JSON.parse(JSON.stringify(Object.fromEntries(Object.entries(policy).reverse()))) as typeof policy;
    expect(policySha256(stored)).toEqual(policySha256(policy));
    expect(policySha256({ ...policy, handedOverMs: policy.handedOverMs + 1 })).not.toEqual(policySha256(policy));
  });

  it('is over JSON with sorted keys and without spaces', () => {
    expect(canonicalJson({ b: [1, { d: null, c: 'ә' }], a: undefined })).toBe('{"b":[1,{"c":"ә","d":null}]}');
  });
});

describe('durations', () => {
  it.each([
    [0, 0],
    ['0', 0],
    ['30 s', 30_000],
    ['5min', 5 * minute],
    ['7 d', 7 * day],
  ])('%p are %p ms', (written, ms) => expect(parseDuration(written)).toBe(ms));

  it.each([5, '5', '5 m', '-5 min', '1.5 h', '91 d', '', null, '5 minutes'])('%p is none', (written) => expect(parseDuration(written)).toBeNull());
});

describe('a broken policy file', () => {
  const whole = readFileSync('config/policies/kyrgyzstan.yaml', 'utf8');
  let folder: string;

  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'jardam-policy-'));
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  /** Replaces one piece of the good file, and returns what loading says, without the folder's name. */
  function messageAfter(from: string, to: string): string {
    if (!whole.includes(from)) throw new Error(`the policy has no ${from}`);
    const file = join(folder, 'ladder.yaml');
    writeFileSync(file, whole.replace(from, to));
    try {
      loadPolicy(file);
    } catch (error) {
      return (error as Error).message.replaceAll(`${folder}/`, '');
    }
    return 'accepted';
  }
  const lineOf = (piece: string): number => whole.slice(0, whole.indexOf(piece)).split('\n').length;

  it('says that nobody puts off a critical alert, and that telling again has its limits', () => {
    expect(messageAfter('snoozeMost: { S1: never', 'snoozeMost: { S1: 5 min')).toContain('ack.snoozeMost.S1: allowed is "never": nobody puts off a critical alert');
    expect(messageAfter('repeat: { S1: 30 min', 'repeat: { S1: 5 s')).toContain('at least 1 min, or "never"; found "5 s"');
  });

  it('is told apart from a good one', () => expect(messageAfter('version: 2', 'version: 3')).toBe('accepted'));

  it('says that a delay is no duration', () => {
    const line = lineOf('S1: 5 min');
    expect(messageAfter('S1: 5 min', 'S1: 5 minutes')).toBe(
      `ladder.yaml:${line}:18: tiers[1].after.S1: allowed is a duration like 30 s, 5 min, 4 h or 7 d, of at most 90 d, "next shift" or "never"; found "5 minutes"`,
    );
  });

  it('says that a later tier would come before an earlier one', () => {
    const line = lineOf('S1: 10 min');
    expect(messageAfter('S1: 10 min', 'S1: 4 min')).toBe(
      `ladder.yaml:${line}:18: tiers[2].after.S1: allowed is not earlier than the tier before it; found "4 min"`,
    );
  });

  it('says that the first tier must not wait', () => {
    const line = lineOf('after: { S1: 0,');
    expect(messageAfter('after: { S1: 0,', 'after: { S1: 1 min,')).toBe(
      `ladder.yaml:${line}:18: tiers[0].after.S1: allowed is 0 or "next shift" in the first tier; found "1 min"`,
    );
  });

  it('says which consents and which rules there are', () => {
    expect(messageAfter('consent: eu', 'consent: europe')).toBe(
      `ladder.yaml:${lineOf('consent: eu')}:14: tiers[4].consent: allowed is one of abroad, eu, un, publication; found "europe"`,
    );
    expect(messageAfter('consent: abroad', 'consent: abroad\n    satisfiedBy: {quorum: 1}')).toBe(
      `ladder.yaml:${lineOf('consent: abroad') + 1}:27: tiers[3].satisfiedBy.quorum: allowed is a number of at least 2; found 1`,
    );
  });

  it('says that a task needs somebody who is asked to do it', () => {
    expect(messageAfter('askTier: 4', 'askTier: 9')).toBe(
      `ladder.yaml:${lineOf('askTier: 4')}:14: tiers[5].askTier: allowed is the number of an earlier tier of people, who are asked to do the task; found 9`,
    );
  });

  it('says that two tiers have one number, and two one key', () => {
    expect(messageAfter('tier: 3\n    key: T2', 'tier: 2\n    key: T1b')).toBe(
      [
        `ladder.yaml:${lineOf('tier: 3')}:11: tiers[2].tier: allowed is a number greater than 2, the tier before it; found 2`,
        `ladder.yaml:${lineOf('tier: 3') + 1}:10: tiers[2].key: allowed is a key that no other tier has; found "T1b"`,
        `ladder.yaml:${lineOf('askTier: 3')}:14: tiers[6].askTier: allowed is the number of an earlier tier of people, who are asked to do the task; found 3`,
      ].join('\n'),
    );
  });

  it('says that a language is missing, and which field is unknown', () => {
    expect(messageAfter('      tg: Шарики хориҷӣ\n', '')).toBe(`ladder.yaml:${lineOf('      en: Partner abroad')}:7: tiers[3].name.tg: allowed is a text; found nothing`);
    expect(messageAfter('remindAt: 0.8', 'remindAt: 0.8\n  remind: yes')).toBe(
      `ladder.yaml:${lineOf('remindAt') + 1}:3: ack.remind: allowed is no such field here; found "yes"`,
    );
  });

  it('says that a zone, a shift, a pause and a share are out of bounds', () => {
    expect(messageAfter('zone: Asia/Bishkek', 'zone: Asia/Frunze-2')).toBe(
      `ladder.yaml:${lineOf('zone:')}:7: zone: allowed is a time zone of the IANA list, like Asia/Bishkek; found "Asia/Frunze-2"`,
    );
    expect(messageAfter('ends: "18:00"', 'ends: "08:00"')).toBe(`ladder.yaml:${lineOf('shift:')}:33: shift.ends: allowed is a time after the start of the shift; found "08:00"`);
    expect(messageAfter('standDownPause: 15 min', 'standDownPause: 16 min')).toBe(
      `ladder.yaml:${lineOf('standDownPause: 15')}:17: standDownPause: allowed is a duration of at most 15 min; found "16 min"`,
    );
    expect(messageAfter('remindAt: 0.8', 'remindAt: 1')).toBe(`ladder.yaml:${lineOf('remindAt')}:13: ack.remindAt: allowed is a number of at most 0.95; found 1`);
  });

  it('reports everything that is wrong at once', () => {
    const message = messageAfter('version: 2\nname:', 'version: one\nid: twice\nname:');
    expect(message).toContain('ladder.yaml:');
    expect(message).toContain('allowed is valid YAML');
  });
});
