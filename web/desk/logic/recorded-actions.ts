import type { DeskEvent } from '../service/desk-api.js';

/** The newest record of each action code, from an alert's events. */
export function recordedActions(events: readonly DeskEvent[]): ReadonlyMap<string, DeskEvent> {
  const newest = new Map<string, DeskEvent>();
  for (const event of events) {
    const code = event.type === 'ACTION' ? event.detail?.['code'] : undefined;
    if (typeof code !== 'string') continue;
    const known = newest.get(code);
    if (known === undefined || known.n < event.n) newest.set(code, event);
  }
  return newest;
}

/** Whether a request to stand down still waits for somebody to check it. Not the same as "paused": once somebody has
 *  taken the alert, or the pause is over, it waits all the same. */
export function isStandDownOpen(events: readonly DeskEvent[]): boolean {
  const newest = (found: (event: DeskEvent) => boolean): number =>
    events.reduce((n, event) => (found(event) ? Math.max(n, event.n) : n), -1);
  const asked = newest(({ type }) => type === 'STAND_DOWN_REQUEST');
  return asked >= 0 && asked > newest(({ type, detail }) => type === 'ACTION' && detail?.['code'] === 'stand_down_checked');
}
