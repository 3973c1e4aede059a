// What needs a decision now and is not the alert itself: a stand-down to check, a hand-over, a request to close.
import { isClosed } from '../../common/alert-view.js';
import { dayAndTime } from '../../common/dates.js';
import type { Person, RosterView } from '../crypto/messages.js';
import { isStandDownOpen } from '../logic/recorded-actions.js';
import type { AlertDetail } from '../service/desk-api.js';
import type { AlertRecord } from '../service/desk-store.js';
import { DeedButton } from '../ui/deed-button.js';
import { organisationName, personName } from '../ui/names.js';
import { serverNowMs } from '../ui/now.js';
import { useText } from '../ui/text.js';
import type { Acts } from './use-acts.js';

interface BannerProps {
  readonly record: AlertRecord;
  readonly detail: AlertDetail;
  readonly roster: RosterView;
  readonly me: Person;
  readonly acts: Acts;
}

export function Banners(props: BannerProps) {
  if (isClosed(props.record.entry.state)) return null;
  return (
    <>
      <StandDownCheck {...props} />
      <HandOverOffer {...props} />
      <CloseRequested {...props} />
    </>
  );
}

/** The defender, or somebody who holds their phone, asked to stop. A person decides; nobody is stood down by a
 *  machine. */
function StandDownCheck({ record, detail, acts }: BannerProps) {
  const t = useText();
  const { content } = record;
  const asked = content !== null && 'alert' in content ? content.alert.messages.filter(({ kind }) => kind === 'stand-down').at(-1) : undefined;
  if (asked === undefined || asked.kind !== 'stand-down' || !isStandDownOpen(detail.events)) return null;
  const busy = acts.busy !== null;
  const genuine = async (): Promise<void> => {
    if (await acts.act('stand_down_check', { result: 'genuine' }, 'genuine')) await acts.act('close', { outcome: 'stood_down' });
  };
  return (
    <section class="banner" aria-labelledby="stand-down-title">
      <h3 id="stand-down-title">{t('desk.stand-down.title')}</h3>
      <p>
        {t(`desk.stand-down.reason-${asked.reason}`)}{' '}
        <span class="secondary figures">{dayAndTime(Date.parse(asked.receivedAt), serverNowMs(), t.lang)}</span>
      </p>
      {asked.text === undefined || asked.text === '' ? null : <blockquote class="said">{asked.text}</blockquote>}
      {asked.phrase === 'none-agreed' ? null : <p class={`phrase phrase-${asked.phrase}`}>{t(`desk.stand-down.phrase-${asked.phrase}`)}</p>}
      {asked.phrase === 'right' ? null : <p>{t('desk.stand-down.check')}</p>}
      <div class="deeds">
        <DeedButton class="button" busy={busy} onPress={() => void acts.act('stand_down_check', { result: 'doubtful' }, 'doubtful')}>
          {t('desk.stand-down.continue')}
        </DeedButton>
        <DeedButton class="button-line" busy={busy} onPress={() => void genuine()}>
          {t('desk.stand-down.close')}
        </DeedButton>
      </div>
    </section>
  );
}

function HandOverOffer({ detail, roster, me, acts }: BannerProps) {
  const t = useText();
  const { handOver } = detail;
  if (handOver === null || handOver.acceptedAt !== null) return null;
  const from = personName(roster, handOver.fromRid, t);
  const to = handOver.toRid === null ? organisationName(roster, handOver.toOrg ?? '', t) : personName(roster, handOver.toRid, t);
  const forMe = handOver.toRid === me.rid || (handOver.toRid === null && handOver.toOrg === me.org && handOver.fromRid !== me.rid);
  return (
    <section class="banner">
      <p>{forMe ? t('desk.hand-over.offered', { from }) : t('desk.hand-over.waiting', { from, to })}</p>
      {forMe ? (
        <DeedButton class="button" busy={acts.busy !== null} onPress={() => void acts.act('hand_over_accept')}>
          {t('desk.hand-over.accept')}
        </DeedButton>
      ) : null}
    </section>
  );
}

/** The first of two people has asked to close an S1. */
function CloseRequested({ detail, roster, me, acts }: BannerProps) {
  const t = useText();
  const [request] = detail.closeRequests;
  if (request === undefined) return null;
  const own = request.rid === me.rid;
  const values = {
    person: personName(roster, request.rid, t),
    outcome: t(`desk.close.outcome-${request.outcome}`),
    time: dayAndTime(Date.parse(request.at), serverNowMs(), t.lang),
  };
  return (
    <section class="banner" aria-labelledby="close-asked">
      <p id="close-asked">{own ? t('desk.close.you-asked', values) : t('desk.close.asked', values)}</p>
      {own ? null : (
        <DeedButton class="button" busy={acts.busy !== null} onPress={() => void acts.act('close', { outcome: request.outcome })}>
          {t('desk.close.confirm-second')}
        </DeedButton>
      )}
    </section>
  );
}
