import { isClosed } from '../../domain/life-cycle.js';
import type { AlertView } from '../../escalation/alert-view.js';
import { markup, openButton, type Button, type Markup } from '../conversation/keyboards.js';
import { clockTime, type Say } from '../texts.js';
import type { ChatAlert } from './chat-alerts.js';

export interface StatusInput {
  /** What may be seen over a shoulder (see intake/mailbox/after-stand-down.ts). */
  readonly view: AlertView;
  readonly alert: ChatAlert;
  readonly say: Say;
  readonly zone: string;
  readonly phones: string;
  readonly publicUrl: string;
}

export interface StatusMessage {
  readonly text: string;
  readonly reply_markup: Markup;
}

/**
 * The one message that tells how an alert stands: times and counts, never who, and nothing of what was written. Says
 * "received" first, because it is composed only after the commit.
 */
export function statusMessage(input: StatusInput): StatusMessage {
  const { view, alert, say, zone, publicUrl } = input;
  const closed = isClosed(view.state);
  // An alert that was sealed on a phone is ended there, with the phrase: never in a chat. Once asked for, the end is with
  // the responders, and a press on an older copy of this message opens no question again.
  const mayEnd = alert.fromChat && !closed && !view.events.some(({ type }) => type === 'STAND_DOWN_REQUEST');
  const lines = [
    [say('telegram.received', { time: clockTime(new Date(view.receivedAt), zone) }), ...present(input)].join(' · '),
    ...additions(input),
    ...(alert.filesWaiting > 0 ? [say('telegram.files-waiting', { n: alert.filesWaiting })] : []),
    ...(alert.filesRefused > 0 ? [say('telegram.files-refused', { n: alert.filesRefused })] : []),
  ];
  const paragraphs = [lines.join('\n')];
  if (!closed && view.unanswered) paragraphs.push(say('telegram.unanswered', { phones: input.phones }).trim());
  if (alert.fromChat && !closed) paragraphs.push(say(alert.undeleted ? 'telegram.honest-undeleted' : 'telegram.honest'));
  if (alert.askingToStop && mayEnd) paragraphs.push(say('telegram.end-question'));
  return { text: paragraphs.join('\n\n'), reply_markup: closed ? markup() : markup(...(mayEnd ? endButtons(alert, say) : []), openButton(say, publicUrl)) };
}

/** How far it has come, in a word or two: never better than it is. */
function present({ view, say, zone }: StatusInput): string[] {
  if (isClosed(view.state)) return [say('telegram.closed')];
  if (view.state === 'paused') return [say('telegram.asked-to-stop')];
  const told = view.tiers.filter(({ status }) => status === 'notified' || status === 'task');
  const [opened, of] = [told.reduce((sum, { seen }) => sum + seen, 0), told.reduce((sum, tier) => sum + tier.of, 0)];
  const reading = opened === 0 ? say('telegram.not-opened') : say('telegram.opened', { n: opened, of: Math.max(of, opened) });
  if (view.state === 'acknowledged' || view.state === 'handling') return [reading, say('telegram.acting')];
  return [reading, ...(view.next === null ? [] : [say('telegram.next', { time: clockTime(new Date(view.next.at), zone) })])];
}

function additions({ alert, say, zone }: StatusInput): string[] {
  return alert.additions === 0 || alert.addedAt === null ? [] : [say('telegram.additions', { n: alert.additions, time: clockTime(alert.addedAt, zone) })];
}

function endButtons(alert: ChatAlert, say: Say): (readonly Button[])[] {
  if (!alert.askingToStop) return [[{ text: say('telegram.end'), callback_data: `end:ask:${alert.tag}` }]];
  return [[{ text: say('telegram.end-yes'), callback_data: `end:yes:${alert.tag}` }, { text: say('telegram.end-no'), callback_data: `end:no:${alert.tag}` }]];
}
