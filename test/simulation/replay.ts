import type { AlertLifeState, CloseOutcome } from '../../src/domain/life-cycle.js';
import type { Ladder } from '../../src/domain/policy.js';

/** An event as the ledger has it. `rid` is the person's who acted, in hexadecimal; null when the server did. */
export interface LedgerEvent {
  readonly type: string;
  readonly tier: number | null;
  readonly rid: string | null;
  readonly detail: Readonly<Record<string, unknown>>;
}

/** What the events say about an alert. */
export interface Replayed {
  readonly state: AlertLifeState;
  readonly tier: number;
  readonly loop: number;
  readonly gen: number;
  readonly roundGen: number;
  readonly owner: string | null;
  /** By generation: the tier entered, and what came of it. Rounds that ended have a generation and no entry. */
  readonly entries: ReadonlyMap<number, { readonly tier: number; readonly outcome: string }>;
}

interface Acknowledgement {
  readonly rid: string;
  readonly org: string;
  readonly tier: number;
  readonly gen: number;
}

/**
 * Reads a chain of events from its beginning and says what the tables must hold. Written from docs/escalation.md and
 * not from src/domain, so that a mistake there is not made here again.
 *
 * @param orgOf the organisation of a person
 * @param orgsTold the organisations whose people were sent a message for this tier from generation `since` on, at the
 *   time of the event with this number; for tiers that need one of each
 */
export function replay(
  ladder: Ladder,
  events: readonly LedgerEvent[],
  orgOf: (rid: string) => string,
  orgsTold: (tier: number, since: number, event: number) => readonly string[],
): Replayed {
  let state: AlertLifeState = 'notifying';
  let tier = 0;
  let loop = 0;
  let gen = 1;
  let roundGen = 1;
  let owner: string | null = null;
  let acks: Acknowledgement[] = [];
  const entries = new Map<number, { tier: number; outcome: string }>();
  const number = (value: unknown): number => (typeof value === 'number' ? value : Number.NaN);
  const entered = (event: LedgerEvent, outcome: string): void => {
    gen = number(event.detail.gen);
    tier = event.tier ?? 0;
    state = 'notifying';
    owner = null;
    entries.set(gen, { tier, outcome });
  };

  for (const [at, event] of events.entries()) {
    const { type, detail, rid } = event;
    if (type === 'ENTER') entered(event, typeof detail.outcome === 'string' ? detail.outcome : 'unknown');
    else if (type === 'UNREACHABLE' && (detail.reason === 'nobody_reachable' || detail.reason === 'nobody_on_duty')) entered(event, 'not_reached');
    else if (type === 'UNREACHABLE') entries.set(number(detail.gen), { tier: event.tier ?? 0, outcome: 'not_reached' });
    else if (type === 'NOTIFY') {
      const entry = entries.get(number(detail.gen));
      // A message that got through after all makes the tier a told one.
      if (entry?.outcome === 'not_reached' && (detail.purpose === 'notify' || detail.purpose === 'task')) entry.outcome = detail.purpose === 'task' ? 'task' : 'notified';
    } else if (type === 'LOOP') {
      gen = number(detail.gen);
      loop = number(detail.loop);
      const { max } = ladder.policy.loop;
      tier = max !== null && loop > max ? (ladder.steps.at(-1)?.tier ?? 0) : 0;
      state = 'notifying';
      owner = null;
    } else if (type === 'ACK' && rid !== null) {
      acks.push({ rid, org: orgOf(rid), tier: event.tier ?? 0, gen: number(detail.gen) });
      if (owner === null && satisfied(ladder, event.tier ?? 0, acks.filter((each) => each.gen >= roundGen), orgsTold(event.tier ?? 0, roundGen, at))) {
        owner = rid;
        state = 'acknowledged';
      }
    } else if (type === 'ACK_EXPIRED') {
      roundGen = gen + 1;
      acks = acks.filter((each) => each.gen >= roundGen);
      owner = null;
      state = 'notifying';
    } else if (type === 'ACTION' && owner !== null && rid === owner && !WITHOUT_EFFECT.has(String(detail.code))) state = 'handling';
    else if (type === 'HAND_OVER' && detail.phase === 'accepted') owner = rid;
    else if (type === 'PAUSE' && tier !== 0) state = 'paused';
    else if (type === 'RESUME') state = 'notifying';
    else if (type === 'CLOSE') state = detail.outcome as CloseOutcome;
  }
  return { state, tier, loop, gen, roundGen, owner, entries };
}

/** Acts that are on record and leave "acknowledged" as it is. */
const WITHOUT_EFFECT = new Set(['renewed', 'snoozed', 'close_requested', 'stand_down_checked']);

function satisfied(ladder: Ladder, tier: number, acks: readonly Acknowledgement[], told: readonly string[]): boolean {
  const ofTier = acks.filter((each) => each.tier === tier);
  const people = new Set(ofTier.map(({ rid }) => rid)).size;
  const rule = ladder.steps.find((step) => step.tier === tier)?.satisfiedBy ?? 'any';
  if (rule === 'any') return people > 0;
  if (rule !== 'each_org') return people >= rule.quorum;
  const answered = new Set(ofTier.map(({ org }) => org));
  return told.every((org) => answered.has(org));
}
