/**
 * A check-in: "if I do not answer by then, send this". Reminder before, the question at the time, grace after it, one
 * more silent prompt, and only then the packet is sent.
 *
 * Silence counts only when the person could have spoken. A question that did not arrive (blocked bot, Telegram away)
 * is not an unanswered one: then the duty desk is told and a person decides, because an outage must not send the
 * packets of everybody at once. What lost: counting from the deadline alone, which does exactly that.
 */

/** Milliseconds before the deadline at which the owner is reminded. */
export const reminderLeadMs = 15 * 60_000;
/** How long the silent prompt after the grace waits. */
export const silentPromptMs = 5 * 60_000;
/** What one press of "+30 min" gives. */
export const extensionMs = 30 * 60_000;
/** A question that could not be delivered is put again this often. */
export const askAgainMs = 15 * 60_000;
/** The channel by which owners answer must have been heard of at most this long before silence counts. */
export const channelSilentMs = 120_000;
const repeatMs = { none: null, daily: 24 * 3_600_000 } as const;

export const minGraceMs = 5 * 60_000;
export const maxGraceMs = 24 * 3_600_000;
/** The deadline must leave the owner this much time, and lie no further ahead than a packet lives. */
export const minAheadMs = 60_000;
export const maxAheadMs = 30 * 24 * 3_600_000;

export type CheckInRepeat = keyof typeof repeatMs;

/**
 * scheduled → reminded → asked → prompted → sent; undelivered instead of sent when the question did not arrive.
 * ended: answered for good, stood down, or sent.
 */
export type CheckInStage = 'scheduled' | 'reminded' | 'asked' | 'prompted' | 'undelivered' | 'ended';

/** Times are milliseconds since 1970 by the database's clock. */
export interface CheckIn {
  readonly stage: CheckInStage;
  readonly deadlineAt: number;
  readonly graceMs: number;
  readonly repeat: CheckInRepeat;
  /** Grows with every question and answer; what belongs to an earlier one does not count. */
  readonly round: number;
  /** The question of this round, or its silent prompt, reached the owner's chat. */
  readonly askedReached: boolean;
  /** When the clock rings next; null when it does not. */
  readonly nextAt: number | null;
}

/** What the owner is to be told. */
export type CheckInMessage = 'reminder' | 'ask' | 'silent_prompt';

export interface CheckInChange {
  readonly checkIn: CheckIn;
  readonly tell: CheckInMessage | null;
  /** The packet is to be sent now. */
  readonly send: boolean;
  /** A person has to decide: the question did not arrive. */
  readonly tellDesk: boolean;
}

export type CheckInRefusal = { readonly refused: 'too-soon' | 'too-far' | 'bad-grace' | 'ended' };

/** A new check-in. Refused when the deadline or the grace is out of bounds. */
export function scheduleCheckIn(
  plan: { readonly deadlineAt: number; readonly graceMs: number; readonly repeat: CheckInRepeat },
  now: number,
): CheckIn | CheckInRefusal {
  const { deadlineAt, graceMs, repeat } = plan;
  if (!(deadlineAt - now >= minAheadMs)) return { refused: 'too-soon' };
  if (deadlineAt - now > maxAheadMs) return { refused: 'too-far' };
  if (!(graceMs >= minGraceMs && graceMs <= maxGraceMs)) return { refused: 'bad-grace' };
  return { ...waitingFor(deadlineAt, now), graceMs, repeat, round: 1 };
}

/** A round from its beginning. No reminder when there is no time left for one. */
function waitingFor(deadlineAt: number, now: number): Pick<CheckIn, 'stage' | 'deadlineAt' | 'askedReached' | 'nextAt'> {
  const remindAt = deadlineAt - reminderLeadMs;
  const reminded = remindAt <= now;
  return { stage: reminded ? 'reminded' : 'scheduled', deadlineAt, askedReached: false, nextAt: reminded ? deadlineAt : remindAt };
}

/**
 * The clock rang. Every step gives its whole time from now: after downtime nobody's grace is shortened, and no step is
 * left out.
 *
 * @param answersCanArrive the channel by which the owner would answer was heard of lately (`channelSilentMs`)
 */
export function ringCheckIn(checkIn: CheckIn, now: number, answersCanArrive: boolean): CheckInChange {
  const { stage, graceMs, deadlineAt } = checkIn;
  switch (stage) {
    case 'scheduled':
      return change({ ...checkIn, stage: 'reminded', nextAt: Math.max(deadlineAt, now) }, { tell: 'reminder' });
    case 'reminded':
      return change({ ...checkIn, stage: 'asked', nextAt: now + graceMs }, { tell: 'ask' });
    case 'asked':
      return change({ ...checkIn, stage: 'prompted', nextAt: now + silentPromptMs }, { tell: 'silent_prompt' });
    case 'prompted':
      if (checkIn.askedReached && answersCanArrive) return change(ended(checkIn), { send: true });
      return change({ ...checkIn, stage: 'undelivered', nextAt: now + askAgainMs }, { tell: 'ask', tellDesk: true });
    case 'undelivered':
      return change({ ...checkIn, nextAt: now + askAgainMs }, { tell: 'ask' });
    case 'ended':
      return change({ ...checkIn, nextAt: null });
  }
}

/**
 * A message of the check-in reached the owner's chat. After an outage this is the moment from which the whole grace
 * is counted. Reports about an earlier round, and about the reminder, change nothing.
 */
export function reachedOwner(checkIn: CheckIn, message: CheckInMessage, round: number, now: number): CheckInChange {
  if (message === 'reminder' || round !== checkIn.round) return change(checkIn);
  const { stage } = checkIn;
  if (stage === 'undelivered') return change({ ...checkIn, stage: 'asked', askedReached: true, nextAt: now + checkIn.graceMs });
  if (stage !== 'asked' && stage !== 'prompted') return change(checkIn);
  return change({ ...checkIn, askedReached: true });
}

/** The owner's press: all is well, more time, or "help now". */
export type CheckInAnswer = 'ok' | 'extend' | 'help';

/**
 * The owner answered, at whatever stage. "ok" ends a single check-in and moves a daily one to the next day; "extend"
 * moves the deadline; "help" sends at once. After the end the answer is refused: the packet is on its way, and only
 * the stand-down of an alert takes it back.
 */
export function answerCheckIn(checkIn: CheckIn, answer: CheckInAnswer, now: number): CheckInChange | CheckInRefusal {
  if (checkIn.stage === 'ended') return { refused: 'ended' };
  if (answer === 'help') return change(ended(checkIn), { send: true });
  const round = checkIn.round + 1;
  if (answer === 'extend') {
    return change({ ...checkIn, ...waitingFor(Math.max(checkIn.deadlineAt, now) + extensionMs, now), round });
  }
  const every = repeatMs[checkIn.repeat];
  if (every === null) return change(ended(checkIn));
  // An early "ok" answers the coming deadline, a late one the deadline that has passed; the next lies in the future.
  let deadlineAt = checkIn.deadlineAt + every;
  while (deadlineAt - now < minAheadMs) deadlineAt += every;
  return change({ ...checkIn, ...waitingFor(deadlineAt, now), round });
}

/** A person decided to send a check-in whose question did not arrive. Refused when it did, or is over. */
export function decideUndelivered(checkIn: CheckIn): CheckInChange | { readonly refused: 'not-undelivered' } {
  if (checkIn.stage !== 'undelivered') return { refused: 'not-undelivered' };
  return change(ended(checkIn), { send: true });
}

function ended(checkIn: CheckIn): CheckIn {
  return { ...checkIn, stage: 'ended', nextAt: null };
}

function change(checkIn: CheckIn, parts: Partial<Omit<CheckInChange, 'checkIn'>> = {}): CheckInChange {
  return { checkIn, tell: null, send: false, tellDesk: false, ...parts };
}
