// How long somebody has been held, on a scale of 48 hours.
import { dayAndTime, duration } from '../../common/dates.js';
import { detentionClock, detentionLimitHours } from '../logic/detention.js';
import { Since } from '../ui/clock.js';
import { useNow } from '../ui/now.js';
import { useText } from '../ui/text.js';

const hourMs = 3_600_000;

/** The figures say everything; the bar repeats it for the eye and is hidden from screen readers. Times are those of the
 *  place of detention. */
export function DetentionScale({ sinceMs }: { sinceMs: number }) {
  const t = useText();
  const now = useNow();
  const clock = detentionClock(sinceMs, now);
  const share = Math.min(1, clock.heldMs / (detentionLimitHours * hourMs));
  return (
    <div class="detention">
      <p class="detention-held">
        {t('desk.detention.held')} <strong class="detention-figure"><Since atMs={sinceMs} /></strong>
      </p>
      <svg class="detention-bar" viewBox="0 0 480 16" preserveAspectRatio="none" aria-hidden="true" focusable="false">
        <rect class="detention-track" x="0" y="5" width="480" height="6" />
        <rect class="detention-fill" x="0" y="5" width={share * 480} height="6" />
        {clock.marks.map(({ hours, passed }) => (
          <rect
            key={hours}
            class={passed ? 'detention-mark detention-passed' : 'detention-mark'}
            x={Math.min(477, hours * 10 - 1.5)}
            y="0"
            width="3"
            height="16"
          />
        ))}
      </svg>
      <ol class="detention-marks">
        {clock.marks.map((mark) => (
          <li key={mark.hours} class={mark === clock.next ? 'detention-next' : undefined}>
            <span class="detention-hours">{t('desk.detention.hours', { n: mark.hours })}</span>
            <span class="figures">{dayAndTime(mark.atMs, now, t.lang, 'Asia/Bishkek')}</span>
            <span>
              {mark.passed ? t('desk.detention.passed') : t('desk.detention.left', { time: duration(mark.atMs - now, t.lang) })}
            </span>
          </li>
        ))}
      </ol>
      <p class="secondary">{t('desk.detention.limit')}</p>
    </div>
  );
}
