import { useRef, useState } from 'preact/hooks';
import { isClosed } from '../../common/alert-view.js';
import { localText } from '../../common/i18n.js';
import { Ladder } from '../../common/ladder.js';
import { headline } from '../alert-headline.js';
import { useBack, usePage } from '../context.js';
import { closeAlert, currentAlert } from '../current-alert.js';
import { directory } from '../directory.js';
import { laterScreen } from '../later.js';
import { useLive, useNow } from '../live.js';
import type { AlertSession, SendState } from '../session.js';
import { Button, Notice, Screen } from '../ui.js';
import { isListRefusal, ListRefused, Phones, useTime } from './list-notice.js';
import { Replies } from './replies.js';
import { Uploads } from './uploads.js';

const AddScreen = laterScreen(() => import('./add.js').then((module) => module.AddScreen));
const AnswerScreen = laterScreen(() => import('./answer.js').then((module) => module.AnswerScreen));
const StopScreen = laterScreen(() => import('./stop.js').then((module) => module.StopScreen));
const ReceiptScreen = laterScreen(() => import('./receipt.js').then((module) => module.ReceiptScreen));

type Part = 'status' | 'words' | 'answer' | 'add' | 'stop' | 'leave';

/** No receipt for this long: the person is told to use the telephone. */
const phonesAfterMs = 60_000;

/** An alert from the moment it was decided on, until its sender leaves it. */
export function AlertScreen() {
  const session = useLive(currentAlert);
  const [part, setPart] = useState<Part>('status');
  if (session === null) return null;
  const back = (): void => setPart('status');
  switch (part) {
    case 'status':
      return <Status session={session} onPart={setPart} />;
    case 'words':
      return <ReceiptScreen session={session} onDone={back} />;
    case 'answer':
      return <AnswerScreen session={session} onDone={back} />;
    case 'add':
      return <AddScreen session={session} onDone={back} />;
    case 'stop':
      return <StopScreen session={session} onDone={back} />;
    case 'leave':
      return <Leave onBack={back} onShow={() => setPart('words')} />;
  }
}

function Status({ session, onPart }: { session: AlertSession; onPart: (part: Part) => void }) {
  const { t, go } = usePage();
  const send = useLive(session.send);
  const shown = useLive(session.view);
  const words = useLive(session.words);
  const now = useNow(1_000);
  const time = useTime();
  const view = shown?.view ?? null;
  const { key } = headline(send, view);
  const received = send.at === 'received';
  const closed = view !== null && isClosed(view.state);
  // Everybody was asked and nobody answered: the truth alone helps nobody, so the numbers stand beside it.
  const alone = received && key === 'defender.status.end';
  const leave = (): void => {
    if (words.at === 'written' || !received) {
      closeAlert();
      go('home');
    } else onPart('leave');
  };
  return (
    <Screen class="alert" title={t(key)}>
      <Announced text={t(key)} />
      <SendNotice session={session} send={send} now={now} />
      {alone ? <CoalitionPhones /> : null}
      <Uploads session={session} />
      {received && words.at !== 'written' ? <WordsOffer session={session} onShow={() => onPart('words')} /> : null}
      {shown === null ? null : (
        <section class="steps" aria-label={t('defender.status.steps')}>
          <Ladder view={shown.view} now={now} t={t} />
          <p class="quiet">
            {t(shown.stale ? 'defender.status.stale' : 'defender.status.asked', { time: time(shown.fetchedAt) })}
          </p>
        </section>
      )}
      <Replies session={session} />
      <Additions session={session} />
      {received ? (
        <div class="actions">
          {closed ? null : (
            <>
              <Button onPress={() => onPart('answer')}>{t('defender.status.answer')}</Button>
              <Button onPress={() => onPart('add')}>{t('defender.status.add')}</Button>
              <Button onPress={() => onPart('stop')}>{t('defender.status.stop')}</Button>
            </>
          )}
          <Button tone="quiet" onPress={leave}>
            {t('defender.status.leave')}
          </Button>
        </div>
      ) : null}
    </Screen>
  );
}

/** Tells a screen reader when the headline changes, and nothing when the screen opens: the heading has the focus then. */
function Announced(props: { text: string }) {
  const first = useRef(props.text);
  return (
    <p class="hidden-text" role="status">
      {props.text === first.current ? '' : props.text}
    </p>
  );
}

/** How sending stands: not yet, at what time, or why not. */
function SendNotice(props: { session: AlertSession; send: SendState; now: number }) {
  const { session, send, now } = props;
  const { t, go } = usePage();
  const time = useTime();
  if (send.at === 'received') {
    return (
      <Notice tone="good">
        <p class="strong">{t('defender.send.received', { time: time(send.receivedAt) })}</p>
        {session.view.get() === null ? <p>{t('defender.send.stored')}</p> : null}
        {session.view.get() === null ? <NextTier next={send.next} /> : null}
      </Notice>
    );
  }
  if (send.at === 'refused') {
    if (isListRefusal(send.code)) return <ListRefused code={send.code} />;
    const tooLong = send.code === 'payload-too-long' || send.code === 'too-large' || send.code === 'body-too-large';
    return (
      <>
        <Notice tone="warn" live>
          <p>{tooLong ? t('defender.send.too-large') : t('defender.send.refused-code', { code: send.code })}</p>
        </Notice>
        {tooLong ? null : <CoalitionPhones />}
        <Button
          onPress={() => {
            closeAlert();
            go(session.kind === 'report' ? 'report' : 'home');
          }}
        >
          {t('defender.back')}
        </Button>
      </>
    );
  }
  return (
    <>
      <Notice tone="warn" live>
        <p>{t(waitingText(session, send))}</p>
      </Notice>
      {send.at === 'waiting' ? <Button tone="main" onPress={() => session.retrier.now()}>{t('defender.send.again')}</Button> : null}
      {now - session.startedAt < phonesAfterMs ? null : <CoalitionPhones urgent />}
    </>
  );
}

function waitingText(session: AlertSession, send: SendState) {
  if (send.at === 'preparing' && send.again) return 'defender.send.changed';
  if (send.at === 'preparing') return directory.get().at === 'ready' ? 'defender.send.sealing' : 'defender.list.offline';
  if (send.at === 'admission') return 'defender.send.admission';
  if (send.at === 'sending') return 'defender.send.trying';
  if (send.at === 'waiting' && send.problem.code === 'wrong-receipt') return 'defender.send.wrong-receipt';
  if (send.at === 'waiting' && send.problem.status >= 500) return 'defender.send.busy';
  return session.kept.get() ? 'defender.send.kept' : 'defender.send.kept-memory';
}

function CoalitionPhones(props: { urgent?: boolean }) {
  const { t } = usePage();
  const state = useLive(directory);
  const phones = state.at === 'ready' ? state.directory.phones : [];
  return (
    <section>
      {props.urgent ? (
        <p class="strong" role="alert">
          {t(phones.length > 0 ? 'defender.send.phones' : 'defender.send.no-phones')}
        </p>
      ) : null}
      <Phones phones={phones} />
    </section>
  );
}

function NextTier(props: { next: { readonly tier: number; readonly at: string } | null }) {
  const { t } = usePage();
  const time = useTime();
  const state = useLive(directory);
  if (props.next === null || state.at !== 'ready') return null;
  const tier = state.directory.policy.tiers.find((each) => each.tier === props.next?.tier);
  if (tier === undefined) return null;
  return <p>{t('defender.send.next', { time: time(Date.parse(props.next.at)), tier: localText(tier.name, t.lang) })}</p>;
}

function WordsOffer(props: { session: AlertSession; onShow: () => void }) {
  const { t } = usePage();
  const words = useLive(props.session.words);
  return (
    <section class="words-offer">
      <p>{t('defender.words.offer')}</p>
      {words.at === 'valid' ? (
        <Button tone="main" onPress={props.onShow}>
          {t('defender.words.show')}
        </Button>
      ) : (
        <p class="quiet" role="status">
          {t(words.at === 'unconfirmed' ? 'defender.words.not-yet' : 'defender.words.preparing')}
        </p>
      )}
    </section>
  );
}

function Additions({ session }: { session: AlertSession }) {
  const { t } = usePage();
  const time = useTime();
  const additions = useLive(session.additions);
  return (
    <>
      {additions.map(({ id, send }) =>
        send.at === 'received' ? (
          <Notice key={id} tone="good" live>
            {t('defender.add.sent', { time: time(send.receivedAt) })}
          </Notice>
        ) : (
          <Notice key={id} tone="warn" live>
            <p class="strong">{t(send.at === 'refused' ? 'defender.send.refused' : 'defender.send.not-sent')}</p>
            <p>{send.at === 'refused' ? t('defender.send.refused-code', { code: send.code }) : t(waitingText(session, send))}</p>
          </Notice>
        ),
      )}
    </>
  );
}

/** Asked before an alert is left whose words were not written down. */
function Leave(props: { onBack: () => void; onShow: () => void }) {
  const { t, go } = usePage();
  useBack(props.onBack);
  const words = useLive(currentAlert)?.words.get().at;
  return (
    <Screen title={t('defender.status.leave')}>
      <Notice tone="warn">{t('defender.status.leave-unsaved')}</Notice>
      {words === 'valid' ? (
        <Button tone="main" onPress={props.onShow}>
          {t('defender.words.show')}
        </Button>
      ) : null}
      <Button
        onPress={() => {
          closeAlert();
          go('home');
        }}
      >
        {t('defender.status.leave-anyway')}
      </Button>
    </Screen>
  );
}
