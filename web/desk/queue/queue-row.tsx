// One line of the queue: the clock, how bad it is, what it is about, who has it.
import { isClosed } from '../../common/alert-view.js';
import { dayAndTime } from '../../common/dates.js';
import type { Translate } from '../../common/i18n.js';
import type { RosterView } from '../crypto/messages.js';
import { nextClock } from '../logic/next-clock.js';
import { isUnanswered } from '../logic/queue-order.js';
import type { AlertRecord } from '../service/desk-store.js';
import { DueClock } from '../ui/clock.js';
import { personName, tierName } from '../ui/names.js';
import { serverNowMs } from '../ui/now.js';
import { SeverityMark } from '../ui/severity.js';
import { useText } from '../ui/text.js';

/** The first words of what was reported; never more than a row holds. */
const headlineLength = 140;
const shortLength = 90;

/** What the row says the alert is about: from the decrypted text, or why there is none. */
export function headline({ content, problem }: AlertRecord, t: Translate): string {
  if (content === null) return problem === null ? t('desk.row.opening') : t('desk.row.not-loaded');
  if ('refused' in content) return t('desk.row.cannot-open');
  const { answers, kind } = content.alert;
  const text = answers.what ?? '';
  if (text !== '') return text.length > headlineLength ? `${text.slice(0, headlineLength)}…` : text;
  return kind === 'report' ? t('desk.row.no-text') : t('desk.row.panic');
}

/** The headline's first sentence: the heading of an alert whose whole text stands right below it. */
export function shortHeadline(record: AlertRecord, t: Translate): string {
  const line = headline(record, t);
  const [sentence = line] = line.split(/(?<=[.!?…])\s/u);
  return sentence.length > shortLength ? `${sentence.slice(0, shortLength)}…` : sentence;
}

function standing({ entry, detail }: AlertRecord, roster: RosterView, ownRid: string, t: Translate): string {
  if (isClosed(entry.state) || entry.state === 'paused') return t(`desk.state.${entry.state}`);
  if (isUnanswered(entry)) {
    const tier = detail === null ? String(entry.tier) : tierName(detail.view.tiers, entry.tier, t);
    return t('desk.row.with-tier', { tier });
  }
  const rid = entry.owner?.rid ?? entry.ackedBy[0]?.rid ?? null;
  return rid === ownRid ? t('desk.row.yours') : t('desk.row.owner', { person: personName(roster, rid, t) });
}

export function QueueRow(props: {
  record: AlertRecord;
  roster: RosterView;
  ownRid: string;
  selected: boolean;
  open: boolean;
  onOpen: () => void;
  rowRef: (element: HTMLButtonElement | null) => void;
}) {
  const t = useText();
  const { record, roster, ownRid } = props;
  const { entry, detail } = record;
  const next = detail?.view.next ?? null;
  const nextName = next === null || detail === null ? '' : tierName(detail.view.tiers, next.tier, t);
  const where = record.content !== null && 'alert' in record.content ? (record.content.alert.answers.where ?? '') : '';
  return (
    <li class={`row${isUnanswered(entry) ? ' row-unanswered' : ''}${props.open ? ' row-open' : ''}`}>
      <button
        type="button"
        ref={props.rowRef}
        class="row-button"
        tabIndex={props.selected ? 0 : -1}
        aria-current={props.open ? 'true' : undefined}
        onClick={props.onOpen}
      >
        <span class="row-head">
          <DueClock {...nextClock(entry, detail)} tierName={nextName} />
          <SeverityMark severity={entry.severity} words={false} />
        </span>
        <span class="row-text">{headline(record, t)}</span>
        {where === '' ? null : <span class="row-where">{where}</span>}
        <span class="row-foot">
          {entry.drill ? <span class="drill">{t('desk.drill')}</span> : null}
          {record.faults.length > 0 ? <span class="doubtful">{t('desk.row.doubtful')}</span> : null}
          {entry.unread ? <span class="unread">{t('desk.row.new')}</span> : null}
          <span>{standing(record, roster, ownRid, t)}</span>
          <span class="figures">{dayAndTime(Date.parse(entry.receivedAt), serverNowMs(), t.lang)}</span>
        </span>
      </button>
    </li>
  );
}
