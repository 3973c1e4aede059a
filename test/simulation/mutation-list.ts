/** Who must notice: so many histories of the pure core, or one test, without or with PostgreSQL. */
export type Proof = { readonly kind: 'histories'; readonly count: number } | { readonly kind: 'unit' | 'integration'; readonly spec: string; readonly test: string };

export interface Mutation {
  /** The rule of docs/soundness.md that the program then breaks. */
  readonly invariant: number;
  readonly what: string;
  readonly file: string;
  /** Stands exactly once in the file. */
  readonly find: string;
  readonly replace: string;
  readonly caughtBy: Proof;
  /** Part of what the failing test says, so that it fails for this reason and no other. */
  readonly says: string;
}

const histories: Proof = { kind: 'histories', count: 20_000 };

function core(invariant: number, what: string, file: string, find: string, replace: string): Mutation {
  return { invariant, what, file: `src/domain/${file}`, find, replace, caughtBy: histories, says: `invariant ${invariant}:` };
}

const interleavings: Proof = { kind: 'integration', spec: 'interleavings', test: 'keep every rule of the list' };
const takenOver: Proof = { kind: 'integration', spec: 'integration/delivery.spec', test: 'a sender that died' };

const falls: Proof = { kind: 'integration', spec: 'integration/watching.spec', test: 'falls silent over an alert that the engine lost sight of' };
const shifts: Proof = { kind: 'unit', spec: 'domain/rotation-shift.spec', test: 'fill all time without gap or overlap' };
const overrides: Proof = { kind: 'unit', spec: 'domain/on-duty.spec', test: 'the narrowest override of the whole tier decides alone' };

export const MUTATIONS: readonly Mutation[] = [
  core(1, 'an owner who was reminded is forgotten', 'decide.ts', `dueAt: timer.ackExpiresAt, dueKind: 'ack_expiry'`, `dueAt: null, dueKind: null`),
  core(2, 'closing leaves queued messages waiting', 'ending.ts', `cancel: { kind: 'all' }`, `cancel: { kind: 'none' }`),
  core(3, 'the ladder jumps to its last tier', 'policy.ts', 'ladder.steps.find((step) => step.tier > tier) ?? null', 'ladder.steps.findLast((step) => step.tier > tier) ?? null'),
  core(4, 'a press on an older picture escalates as well', 'handling.ts', 'if (by.expectedGen !== timer.gen)', 'if (by.expectedGen > timer.gen)'),
  core(5, 'a second reminder has the key of the first', 'decide.ts', 'nth: timer.dueAt ?? 0', 'nth: 0'),
  core(6, 'an accepted message is tried again', 'delivery-outcome.ts', `return { ...nothing, state: 'sent' }`, `return { ...nothing, state: 'failed', nextAt: now }`),
  core(10, 'a tier whose messages nobody took is looked at again for ever', 'decide.ts', `if (context.messages.accepted === 0) return leaveTier(ladder, timer, now, context);`, `if (context.messages.accepted === 0) return changeOf(timer);`),
  core(10, 'a late critical alert takes its whole time again', 'decide.ts', 'return Math.max(0, late - leaptMs);', 'return 0;'),
  core(11, 'an acknowledgement withdraws nothing', 'answers.ts', `{ cancel: { kind: 'ladder' }, events: [event] }`, `{ events: [event] }`),
  core(13, 'two answers of one person are a quorum', 'answers.ts', 'return people.size >= rule.quorum', 'return acks.length >= rule.quorum'),
  core(14, 'answers from before an expiry go on counting', 'decide.ts', 'ackExpiresAt: null, roundGen: timer.gen + 1', 'ackExpiresAt: null, roundGen: timer.roundGen'),
  core(15, 'a tier without people has its whole time', 'enter-tier.ts', `{ ...timer, dueAt: now, dueKind: 'escalate' }`, `{ ...timer, dueAt: now + timeOf(ladder, tier, 0), dueKind: 'escalate' }`),
  core(16, 'critical alerts wait for working hours', 'open-alert.ts', 'waitsForShift(ladder, first) ?', 'ladder.severity > 0 ?'),
  core(21, 'after downtime all missed tiers are entered at once', 'decide.ts', `return both(left, climb(ladder, timer, now, context, lateness(ladder, timer, now, context)));`, `const once = climb(ladder, timer, now, context);
  return now - (timer.dueAt ?? now) < 60_000 || once.entries.length === 0 || nextStep(ladder, once.timer.tier) === null ? both(left, once) : both(both(left, once), climb(ladder, once.timer, now, context));`),
  core(23, 'organisations that the sender left out are told', 'enter-tier.ts', 'excludedOrgs.includes(contact.org)', 'excludedOrgs.includes(contact.channel)'),
  core(24, 'a forced wish leaves another trace', 'ending.ts', `detail: { code: 'stand_down_checked' }`, `detail: { code: by.genuine ? 'stand_down_checked' : 'stand_down_refused' }`),
  core(25, 'the end of a pause is not written down', 'decide.ts', `events: [{ type: 'RESUME', tier: timer.tier, detail: { gen: timer.gen } }]`, `events: []`),
  core(26, 'the duty desk is not told of a round without an answer', 'decide.ts', 'const told = firstContacts(context.reachable.dutyDesk)', 'const told = firstContacts(context.reachable.dutyDesk).slice(1)'),
  {
    invariant: 9,
    what: 'a tier has half of its time',
    file: 'src/domain/decide.ts',
    find: 'const over = overAt(ladder, tier, entered);',
    replace: 'const over = (enteredAt + overAt(ladder, tier, entered)) / 2;',
    caughtBy: interleavings,
    says: 'invariant 9:',
  },
  {
    invariant: 12,
    what: 'whoever answers does not wait for the tick that has the alert',
    file: 'src/escalation/lock-alert.ts',
    find: 'FOR UPDATE OF t`',
    replace: '`',
    caughtBy: interleavings,
    // The ledger refuses the second winner: both wanted the same number in it.
    says: 'event_pkey',
  },
  {
    invariant: 18,
    what: 'at the moment of the hand-over nobody has taken over yet',
    file: 'src/domain/rotation-shift.ts',
    find: 'startOf(rotation, turn) > at',
    replace: 'startOf(rotation, turn) >= at',
    caughtBy: shifts,
    says: shifts.test,
  },
  {
    invariant: 19,
    what: 'the widest override wins',
    file: 'src/domain/on-duty.ts',
    find: 'width(b) - width(a)',
    replace: 'width(a) - width(b)',
    caughtBy: overrides,
    says: overrides.test,
  },
  {
    invariant: 27,
    what: 'the switch outside hears of life whatever the audit found',
    file: 'src/watching/watch.ts',
    find: 'if (this.findings.length > 0 || this.config',
    replace: 'if (this.config',
    caughtBy: falls,
    says: falls.test,
  },
  {
    invariant: 7,
    what: 'a first attempt is not put on record',
    file: 'src/delivery/claim-deliveries.ts',
    find: 'SELECT coalition_id, delivery_id, attempt FROM claimed',
    replace: 'SELECT coalition_id, delivery_id, attempt FROM claimed WHERE attempt > 1',
    caughtBy: interleavings,
    says: 'invariant 7:',
  },
  {
    invariant: 8,
    what: 'a sender that lost its lease writes its outcome all the same',
    file: 'src/delivery/settle.ts',
    find: "sending: `d.attempt = $3 AND d.state = 'sending'`",
    replace: "sending: `d.attempt >= $3 AND d.state <> 'dead'`",
    caughtBy: takenOver,
    says: 'a sender that died',
  },
  {
    invariant: 17,
    what: 'running alerts follow the policy published last',
    file: 'src/escalation/policies.ts',
    find: 'AND policy_version_id = $2`',
    replace: 'AND policy_version_id >= $2 ORDER BY policy_version_id DESC`',
    caughtBy: interleavings,
    says: 'invariant 3:',
  },
  {
    invariant: 20,
    what: 'an event has the time of its transaction, whoever was first',
    file: 'src/evidence/evidence-log.ts',
    find: 'const time = head.at !== null && head.at > at ? head.at : at;',
    replace: 'const time = at;',
    caughtBy: interleavings,
    says: 'invariant 20:',
  },
  core(22, 'a rate limit is cut to a second', 'delivery-outcome.ts', 'Math.max(leastRateLimitMs, retryAfterMs)', 'Math.min(leastRateLimitMs, retryAfterMs)'),
];
