import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import {
  answerCheckIn,
  askAgainMs,
  decideUndelivered,
  extensionMs,
  reachedOwner,
  reminderLeadMs,
  ringCheckIn,
  scheduleCheckIn,
  silentPromptMs,
  type CheckIn,
  type CheckInChange,
  type CheckInMessage,
} from './check-in.js';

const minute = 60_000;
const day = 24 * 60 * minute;
const now = Date.parse('2026-03-01T12:00:00Z');
const grace = 20 * minute;

function plan(over: Partial<Parameters<typeof scheduleCheckIn>[0]> = {}, at = now): CheckIn {
  const made = scheduleCheckIn({ deadlineAt: now + 60 * minute, graceMs: grace, repeat: 'none', ...over }, at);
  if ('refused' in made) throw new Error(made.refused);
  return made;
}

function done(result: CheckInChange | { refused: string }): CheckInChange {
  if ('refused' in result) throw new Error(result.refused);
  return result;
}

describe('a check-in that nobody answers', () => {
  it('reminds, asks, waits the grace, prompts silently, and then sends', () => {
    let checkIn = plan();
    const told: (string | null)[] = [];
    const times: number[] = [];
    let sent = false;
    while (checkIn.nextAt !== null) {
      const at = checkIn.nextAt;
      const rung = ringCheckIn(checkIn, at, true);
      told.push(rung.tell);
      times.push((at - now) / minute);
      sent = rung.send;
      checkIn = rung.tell === null ? rung.checkIn : reachedOwner(rung.checkIn, rung.tell, rung.checkIn.round, at).checkIn;
    }
    expect(told).toEqual(['reminder', 'ask', 'silent_prompt', null]);
    expect(times).toEqual([45, 60, 80, 85]);
    expect(sent).toBe(true);
    expect(answerCheckIn(checkIn, 'ok', now + 2 * day)).toEqual({ refused: 'ended' });
  });

  it('counts as asked when any of its questions arrived, and not by what arrives before them or after the end', () => {
    const at = (stage: CheckIn['stage']): CheckIn => ({ ...plan(), stage, nextAt: stage === 'ended' ? null : now });
    for (const stage of ['asked', 'prompted'] as const) {
      for (const message of ['ask', 'silent_prompt'] as const) expect(reachedOwner(at(stage), message, at(stage).round, now).checkIn).toEqual({ ...at(stage), askedReached: true });
    }
    for (const stage of ['scheduled', 'ended'] as const) expect(reachedOwner(at(stage), 'ask', at(stage).round, now).checkIn).toEqual(at(stage));
    expect(reachedOwner(at('asked'), 'reminder', at('asked').round, now).checkIn.askedReached).toBe(false);
  });

  it('is not sent when the question never arrived: the desk is told once, and the owner is asked on', () => {
    let checkIn: CheckIn = { ...plan(), stage: 'prompted', nextAt: now };
    const first = ringCheckIn(checkIn, now, true);
    expect(first).toMatchObject({ send: false, tellDesk: true, tell: 'ask', checkIn: { stage: 'undelivered', nextAt: now + askAgainMs } });
    checkIn = first.checkIn;
    for (let n = 1; n < 50; n++) {
      const again = ringCheckIn(checkIn, now + n * askAgainMs, true);
      expect(again).toMatchObject({ send: false, tellDesk: false, tell: 'ask' });
      checkIn = again.checkIn;
    }
    const reached = reachedOwner(checkIn, 'ask', checkIn.round, now + day).checkIn;
    expect(reached).toMatchObject({ stage: 'asked', nextAt: now + day + grace });
  });

  it('is not sent while answers could not arrive, although the question did', () => {
    const checkIn: CheckIn = { ...plan(), stage: 'prompted', askedReached: true, nextAt: now };
    expect(ringCheckIn(checkIn, now, false)).toMatchObject({ send: false, tellDesk: true, checkIn: { stage: 'undelivered' } });
  });

  it('is sent when a person decides so, unless the question arrived meanwhile', () => {
    const checkIn: CheckIn = { ...plan(), stage: 'undelivered' };
    expect(decideUndelivered(checkIn)).toMatchObject({ send: true, checkIn: { stage: 'ended' } });
    for (const stage of ['asked', 'ended'] as const) expect(decideUndelivered({ ...checkIn, stage })).toEqual({ refused: 'not-undelivered' });
  });
});

describe('an answer', () => {
  it('"ok" ends a single check-in', () => {
    expect(done(answerCheckIn(plan(), 'ok', now)).checkIn).toMatchObject({ stage: 'ended', nextAt: null });
  });

  it('"ok" moves a daily one to the next day that lies ahead, also when it comes late', () => {
    const daily = plan({ repeat: 'daily' });
    expect(done(answerCheckIn(daily, 'ok', now)).checkIn).toMatchObject({ stage: 'scheduled', deadlineAt: daily.deadlineAt + day });
    expect(done(answerCheckIn(daily, 'ok', now + 3 * day)).checkIn).toMatchObject({ deadlineAt: daily.deadlineAt + 3 * day });
  });

  it('"+30 min" counts from the deadline, and from now when that has passed', () => {
    const checkIn = plan();
    expect(done(answerCheckIn(checkIn, 'extend', now)).checkIn.deadlineAt).toBe(checkIn.deadlineAt + extensionMs);
    const late = checkIn.deadlineAt + grace;
    expect(done(answerCheckIn({ ...checkIn, stage: 'prompted' }, 'extend', late)).checkIn).toMatchObject({ deadlineAt: late + extensionMs });
  });

  it('"help" sends at once', () => {
    expect(answerCheckIn(plan(), 'help', now)).toMatchObject({ send: true, checkIn: { stage: 'ended' } });
  });

  it('makes what is known about the earlier question count no more', () => {
    const extended = done(answerCheckIn({ ...plan(), stage: 'asked', askedReached: true }, 'extend', now)).checkIn;
    expect(extended.askedReached).toBe(false);
    expect(reachedOwner({ ...extended, stage: 'asked' }, 'ask', extended.round - 1, now).checkIn.askedReached).toBe(false);
  });
});

describe('a plan', () => {
  it('is refused with the reason', () => {
    const wanted = { deadlineAt: now + day, graceMs: grace, repeat: 'none' } as const;
    expect(scheduleCheckIn({ ...wanted, deadlineAt: now + minute - 1 }, now)).toEqual({ refused: 'too-soon' });
    expect(scheduleCheckIn({ ...wanted, deadlineAt: NaN }, now)).toEqual({ refused: 'too-soon' });
    expect(scheduleCheckIn({ ...wanted, deadlineAt: now + 31 * day }, now)).toEqual({ refused: 'too-far' });
    expect(scheduleCheckIn({ ...wanted, graceMs: minute }, now)).toEqual({ refused: 'bad-grace' });
    expect(scheduleCheckIn({ ...wanted, graceMs: NaN }, now)).toEqual({ refused: 'bad-grace' });
  });

  it('with less time than the reminder needs goes on without one', () => {
    expect(plan({ deadlineAt: now + reminderLeadMs }).stage).toBe('reminded');
  });
});

// --- any history ------------------------------------------------------------------------------------------------

type Step =
  | { readonly do: 'ring'; readonly lateMs: number; readonly heard: boolean; readonly delivered: boolean }
  | { readonly do: 'answer'; readonly answer: 'ok' | 'extend' };

const steps: fc.Arbitrary<Step> = fc.oneof(
  { weight: 6, arbitrary: fc.record({ do: fc.constant('ring' as const), lateMs: fc.integer({ min: 0, max: 2 * day }), heard: fc.boolean(), delivered: fc.boolean() }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('answer' as const), answer: fc.constantFrom('ok' as const, 'extend' as const) }) },
);

it('in any history a packet is sent only after a delivered question, the whole grace and the silent prompt', () => {
  fc.assert(
    fc.property(fc.array(steps, { maxLength: 40 }), fc.constantFrom('none' as const, 'daily' as const), (history, repeat) => {
      let checkIn = plan({ repeat });
      let at = now;
      let asked: { readonly at: number; delivered: boolean } | null = null;
      let promptedAt: number | null = null;
      for (const step of history) {
        if (checkIn.stage === 'ended') {
          expect(checkIn.nextAt).toBeNull();
          return;
        }
        // Every open check-in has a time at which it rings: none is forgotten.
        expect(checkIn.nextAt).not.toBeNull();
        if (step.do === 'ring') {
          at = Math.max(at, checkIn.nextAt ?? at) + step.lateMs;
          const rung = ringCheckIn(checkIn, at, step.heard);
          if (rung.send) {
            expect(step.heard && asked?.delivered).toBe(true);
            expect(at - (asked?.at ?? at)).toBeGreaterThanOrEqual(grace + silentPromptMs);
            expect(at - (promptedAt ?? at)).toBeGreaterThanOrEqual(silentPromptMs);
          }
          if (rung.tell === 'ask') asked = { at, delivered: false };
          if (rung.tell === 'silent_prompt') promptedAt = at;
          checkIn = rung.checkIn;
          if (rung.tell !== null && step.delivered) {
            if (asked !== null && rung.tell !== 'reminder') asked.delivered = true;
            checkIn = reachedOwner(checkIn, rung.tell, checkIn.round, at).checkIn;
          }
        } else {
          const answered = done(answerCheckIn(checkIn, step.answer, at));
          expect(answered.send).toBe(false);
          expect(answered.checkIn.round > checkIn.round || answered.checkIn.stage === 'ended').toBe(true);
          checkIn = answered.checkIn;
          asked = null;
        }
      }
    }),
    { numRuns: 2_000 },
  );
});

it('a message that arrives twice, or late, counts once and for its own round only', () => {
  fc.assert(
    fc.property(fc.constantFrom<CheckInMessage>('reminder', 'ask', 'silent_prompt'), fc.integer({ min: 0, max: 3 }), (message, behind) => {
      const asked: CheckIn = { ...plan(), stage: 'asked', round: 5, nextAt: now + grace };
      const once = reachedOwner(asked, message, 5 - behind, now);
      expect(reachedOwner(once.checkIn, message, 5 - behind, now)).toEqual(once);
      expect(once.checkIn.askedReached).toBe(behind === 0 && message !== 'reminder');
    }),
  );
});
