import type { DeskEvent, QueueEntry } from '../service/desk-api.js';

const offeredMinutes: readonly number[] = [60, 120, 240, 720, 1_440, 2_880, 4_320, 7 * 1_440];
/** They say that the alert is still somebody's, or end it; nothing was done for anybody. */
const notForAnybody: readonly unknown[] = ['snoozed', 'renewed', 'close_requested', 'stand_down_checked'];
const minuteMs = 60_000;

/**
 * For how many minutes this person may put an alert off: what its policy allows, less what they have put off since they
 * took it or did something for it. Empty for a critical alert, whatever a policy says. The service decides; this keeps
 * the page from offering what it would refuse.
 *
 * @param policyText canonical JSON of the alert's own policy
 */
export function snoozeChoices(policyText: string, severity: QueueEntry['severity'], events: readonly DeskEvent[], rid: string): readonly number[] {
  const mostMs = severity === 'S1' ? null : allowedMs(policyText, severity);
  if (mostMs === null) return [];
  const left = mostMs / minuteMs - snoozedMinutes(events, rid);
  return offeredMinutes.filter((minutes) => minutes <= left);
}

function allowedMs(policyText: string, severity: QueueEntry['severity']): number | null {
  try {
    const { ack } = JSON.parse(policyText) as { ack?: { snoozeMostMs?: Readonly<Record<string, unknown>> } };
    const ms = ack?.snoozeMostMs?.[severity];
    return typeof ms === 'number' ? ms : null;
  } catch {
    return null;
  }
}

function snoozedMinutes(events: readonly DeskEvent[], rid: string): number {
  // Not findLastIndex: browsers of 2020 do not have it.
  let minutes = 0;
  for (const { actorRid, type, detail } of [...events].sort((a, b) => a.n - b.n)) {
    if (actorRid !== rid) continue;
    const code = type === 'ACTION' ? detail?.['code'] : undefined;
    const accepted = type === 'HAND_OVER' && detail?.['phase'] === 'accepted';
    if (type === 'ACK' || accepted || (type === 'ACTION' && !notForAnybody.includes(code))) minutes = 0;
    else if (code === 'snoozed') minutes += Number(detail?.['minutes'] ?? 0);
  }
  return minutes;
}
