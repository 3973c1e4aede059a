/** The states of an alert. The last three are the end: no timer runs any more. */
export const ALERT_STATES = ['notifying', 'acknowledged', 'handling', 'paused', 'resolved', 'stood_down', 'false_alarm'] as const;
export type AlertLifeState = (typeof ALERT_STATES)[number];

export const CLOSED_STATES = ['resolved', 'stood_down', 'false_alarm'] as const;
export type CloseOutcome = (typeof CLOSED_STATES)[number];

/** What can happen to an alert. */
export type Move = 'enter' | 'acknowledge' | 'act' | 'renew' | 'snooze' | 'hand_over' | 'expire' | 'escalate' | 'pause' | 'resume' | CloseOutcome;

type Transitions = Readonly<Record<AlertLifeState, Readonly<Partial<Record<Move, AlertLifeState>>>>>;

const closing = { resolved: 'resolved', stood_down: 'stood_down', false_alarm: 'false_alarm' } as const;
const owned = { acknowledge: 'acknowledged', act: 'handling', expire: 'notifying', escalate: 'notifying', ...closing } as const;

/** Every legal move; what is not here is refused. */
export const TRANSITIONS: Transitions = provenReachable({
  notifying: { enter: 'notifying', acknowledge: 'acknowledged', escalate: 'notifying', pause: 'paused', ...closing },
  acknowledged: { ...owned, renew: 'acknowledged', snooze: 'acknowledged', hand_over: 'acknowledged' },
  handling: { ...owned, acknowledge: 'handling', renew: 'handling', snooze: 'handling', hand_over: 'handling' },
  paused: { resume: 'notifying', acknowledge: 'acknowledged', escalate: 'notifying', ...closing },
  resolved: {},
  stood_down: {},
  false_alarm: {},
});

export type Moved = { readonly to: AlertLifeState } | { readonly refused: 'already-closed' | 'not-acknowledged' | 'not-now' };

/** The state after a move, or why the move is not possible. */
export function move(from: AlertLifeState, by: Move): Moved {
  const to = TRANSITIONS[from][by];
  if (to) return { to };
  if (isClosed(from)) return { refused: 'already-closed' };
  return { refused: by === 'renew' || by === 'snooze' || by === 'hand_over' ? 'not-acknowledged' : 'not-now' };
}

export function isClosed(state: AlertLifeState): state is CloseOutcome {
  return (CLOSED_STATES as readonly string[]).includes(state);
}

/**
 * Checks a table of transitions when the program starts: every state can be reached from 'notifying', no open state
 * is a dead end, every open state can be closed, and no end can be left.
 */
export function provenReachable(transitions: Transitions): Transitions {
  const reached = new Set<AlertLifeState>(['notifying']);
  for (const state of reached) for (const next of Object.values(transitions[state])) reached.add(next);
  for (const state of ALERT_STATES) {
    const moves = Object.keys(transitions[state]);
    if (!reached.has(state)) throw new Error(`the state ${state} cannot be reached`);
    if (isClosed(state) && moves.length > 0) throw new Error(`the end state ${state} can be left`);
    if (!isClosed(state) && CLOSED_STATES.some((outcome) => !moves.includes(outcome))) throw new Error(`the state ${state} cannot be closed`);
  }
  return transitions;
}
