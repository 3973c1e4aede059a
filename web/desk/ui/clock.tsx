// The loudest thing on the desk: how long until something happens by itself.
import { countdown, duration } from '../../common/dates.js';
import type { DueKind } from '../service/desk-api.js';
import { useNow } from './now.js';
import { useText } from './text.js';

const hourMs = 3_600_000;
/** From here on the clock stands on amber. */
const soonMs = 5 * 60_000;

/** "4:59" or "2:05:00"; from two days on in words, because nobody reads 71:12:09. */
export function clockText(leftMs: number, lang: Parameters<typeof duration>[1]): string {
  return leftMs >= 48 * hourMs ? duration(leftMs, lang) : countdown(leftMs);
}

/** A running clock and what it runs to. `what` is read before the figures by a screen reader. */
export function DueClock(props: { dueAt: string | null; dueKind: DueKind | null; tierName?: string; large?: boolean }) {
  const t = useText();
  const now = useNow();
  const { dueAt, dueKind, tierName = '', large = false } = props;
  if (dueAt === null || dueKind === null) return <span class="clock clock-none">{t('desk.clock.none')}</span>;
  const leftMs = Date.parse(dueAt) - now;
  const tone = leftMs <= 0 ? ' clock-over' : leftMs <= soonMs ? ' clock-soon' : '';
  const what = dueKind === 'escalate' && tierName !== '' ? t('desk.clock.escalate-to', { tier: tierName }) : t(`desk.clock.${dueKind}`);
  return (
    <span class={`clock${large ? ' clock-large' : ''}${tone}`} role="timer">
      <span class="clock-figures figures">{leftMs <= 0 ? t('desk.clock.now') : clockText(leftMs, t.lang)}</span>
      <span class="clock-what">{what}</span>
    </span>
  );
}

/** Time since an instant, ticking: "held for 13 h 20 min". */
export function Since(props: { atMs: number }) {
  const t = useText();
  const now = useNow();
  return <span class="figures">{duration(now - props.atMs, t.lang)}</span>;
}
