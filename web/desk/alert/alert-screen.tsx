// One alert: what is known, who does what, and everything that can be done about it.
import { useEffect, useLayoutEffect, useRef } from 'preact/hooks';
import { Ladder } from '../../common/ladder.js';
import { isClosed } from '../../common/alert-view.js';
import { dayAndTime } from '../../common/dates.js';
import { nextClock } from '../logic/next-clock.js';
import type { OpenRefusal, Person, RosterView } from '../crypto/messages.js';
import { policyTiers } from '../service/desk-api.js';
import type { AlertRecord, DeskStore } from '../service/desk-store.js';
import { DueClock } from '../ui/clock.js';
import { DeedButton } from '../ui/deed-button.js';
import { useKeptFocus } from '../ui/kept-focus.js';
import { tierName } from '../ui/names.js';
import { serverNowMs, useNow } from '../ui/now.js';
import { Notice, ProblemNotice } from '../ui/problem.js';
import { SeverityMark } from '../ui/severity.js';
import { useText } from '../ui/text.js';
import { ActionPanel } from './action-panel.js';
import { AlertDeeds } from './alert-deeds.js';
import { ArmedMark } from './armed-mark.js';
import { Attachments } from './attachments.js';
import { Banners } from './banners.js';
import { Closing } from './closing.js';
import { Consents } from './consents.js';
import { Conversation } from './conversation.js';
import { EuBrief } from './eu-brief.js';
import { Facts } from './facts.js';
import { People, Recipients } from './people.js';
import { RecordWarning } from './record-warning.js';
import { SameIncident } from './same-incident.js';
import { useActs } from './use-acts.js';

export interface AlertScreenProps {
  readonly record: AlertRecord;
  readonly title: string;
  readonly store: DeskStore;
  readonly roster: RosterView;
  readonly me: Person;
  readonly onBack: () => void;
  /** Goes on to another alert. */
  readonly onOpen: (alertId: string) => void;
  readonly acknowledgeRef: { current: (() => void) | null };
  readonly replyRef: { current: (() => void) | null };
}

export function AlertScreen(props: AlertScreenProps) {
  const t = useText();
  const { record, store, roster, me } = props;
  const { entry, detail, content, problem } = record;
  const { alertId } = entry;
  const acts = useActs(store, alertId);
  const heading = useRef<HTMLHeadingElement>(null);
  const gen = detail?.view.gen;
  const opened = content !== null && 'alert' in content ? content.alert : null;

  const article = useRef<HTMLElement>(null);
  useLayoutEffect(() => {
    heading.current?.focus();
  }, []);
  useKeptFocus(article, () => heading.current);
  useEffect(() => {
    if (opened !== null) void store.markSeen(alertId);
  }, [store, alertId, gen, opened === null]);

  const next = detail?.view.next ?? null;
  const nextName = next === null || detail === null ? '' : tierName(detail.view.tiers, next.tier, t);
  const forEu = opened !== null && policyTiers(detail?.policy.text ?? '').some(({ tier, consent }) => tier === opened.tier && consent === 'eu');
  return (
    <article class="alert" ref={article}>
      <header class="alert-head">
        <button type="button" class="button-quiet alert-back" onClick={props.onBack}>
          {t('desk.alert.back')}
        </button>
        <div class="alert-titles">
          <p class="alert-marks">
            <SeverityMark severity={entry.severity} />
            {entry.drill ? <span class="drill">{t('shared.drill')}</span> : null}
            <span class={`state state-${entry.state}`}>{t(`desk.state.${entry.state}`)}</span>
          </p>
          <h2 ref={heading} tabIndex={-1} class="alert-title">
            {props.title}
          </h2>
          <p class="secondary">
            {t('desk.alert.received', { time: dayAndTime(Date.parse(entry.receivedAt), serverNowMs(), t.lang) })}
            {' · '}
            {t('desk.alert.number', { tag: alertId.slice(0, 8) })}
          </p>
          {detail === null ? null : <ArmedMark events={detail.events} />}
          {opened?.via === 'telegram' ? <p class="armed-mark">{t('desk.via-telegram')}</p> : null}
        </div>
        {isClosed(entry.state) ? null : <DueClock large {...nextClock(entry, detail)} tierName={nextName} />}
      </header>

      <RecordWarning faults={record.faults} opened={opened !== null} />
      {content !== null && 'refused' in content ? <Refused reason={content.refused} acts={acts} /> : null}
      <ProblemNotice problem={problem} />
      {acts.failure === null ? null : <Notice text={t(acts.failure.key, { code: acts.failure.code })} />}
      {detail === null ? <p class="secondary">{t('desk.row.opening')}</p> : null}
      {detail === null ? null : (
        <>
          <Banners record={record} detail={detail} roster={roster} me={me} acts={acts} />
          <AlertDeeds
            record={record}
            detail={detail}
            opened={opened}
            roster={roster}
            me={me}
            acts={acts}
            nextName={nextName}
            acknowledgeRef={props.acknowledgeRef}
          />
          <div class="alert-body">
            <div class="alert-main">
              {opened === null ? null : (
                <>
                  {forEu ? <EuBrief alert={opened} entry={entry} detail={detail} roster={roster} /> : null}
                  <Facts alert={opened} />
                  <SameIncident record={record} alert={opened} store={store} onOpen={props.onOpen} />
                  <Attachments alert={opened} alertId={alertId} detail={detail} store={store} />
                  <Conversation
                    alert={opened}
                    roster={roster}
                    acts={acts}
                    closed={isClosed(entry.state)}
                    replyRef={props.replyRef}
                  />
                </>
              )}
            </div>
            <aside class="alert-aside">
              <section aria-labelledby="ladder-title">
                <h3 id="ladder-title">{t('desk.ladder.title')}</h3>
                <TickingLadder detail={detail} />
              </section>
              <People detail={detail} roster={roster} />
              {opened === null ? null : <Consents consents={opened.consents} />}
              {opened === null ? null : <Recipients alert={opened} roster={roster} tiers={detail.view.tiers} />}
            </aside>
            <div class="alert-acts">
              {isClosed(entry.state) || opened === null ? null : (
                <ActionPanel events={detail.events} consents={opened.consents} roster={roster} acts={acts} />
              )}
              {isClosed(entry.state) ? null : (
                <Closing entry={entry} detail={detail} roster={roster} me={me} acts={acts} />
              )}
            </div>
          </div>
        </>
      )}
    </article>
  );
}

/** The same ladder as on the defender's page, in the desk's wording. */
function TickingLadder({ detail }: { detail: NonNullable<AlertRecord['detail']> }) {
  const t = useText();
  return <Ladder view={detail.view} now={useNow()} t={t} />;
}

/** Why the content is not shown, and what to do. Nothing of it is shown in part. */
function Refused({ reason, acts }: { reason: OpenRefusal; acts: ReturnType<typeof useActs> }) {
  const t = useText();
  return (
    <section class="refused" role="alert">
      <h3>{t('desk.open-refused.title')}</h3>
      <p>{t(`desk.open-refused.${reason}`)}</p>
      <p>{t('desk.open-refused.do')}</p>
      <DeedButton
        class="button"
        busy={acts.busy !== null}
        onPress={() => void acts.act('undecryptable', { code: reason.replaceAll('-', '_') })}
      >
        {t('desk.open-refused.report')}
      </DeedButton>
    </section>
  );
}
