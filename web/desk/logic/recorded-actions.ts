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
