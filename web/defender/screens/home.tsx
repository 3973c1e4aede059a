import type { ComponentChildren } from 'preact';
import { useEffect, useRef, useState } from 'preact/hooks';
import { requestJson } from '../../common/api.js';
import { usePage } from '../context.js';
import { currentAlert, sendPanic } from '../current-alert.js';
import { directory } from '../directory.js';
import { useLive } from '../live.js';
import { dropPacket, keptPackets, type QueuedPacket } from '../queue.js';
import { settings } from '../settings.js';
import { Button, Notice, Screen } from '../ui.js';
import { ListState, useTime } from './list-notice.js';

/** @param props.more further ways, where the page stands in something that has them */
export function HomeScreen(props: { cancelled: boolean; more?: ComponentChildren }) {
  const { t, go } = usePage();
  const state = useLive(directory);
  const refused = state.at === 'refused';
  return (
    <Screen title={t('defender.home.title')} class="home">
      {state.at === 'ready' && state.directory.demo ? <Notice tone="warn">{t('defender.demo')}</Notice> : null}
      {props.cancelled ? <Notice tone="good" live>{t('defender.panic.cancelled')}</Notice> : null}
      <UnsentPackets />
      {refused ? null : <PanicButton />}
      <p class="quiet">{t('defender.home.not-police')}</p>
      <nav class="ways">
        {refused ? null : props.more}
        {refused ? null : <Way onPress={() => go('report')} text={t('defender.home.report')} hint={t('defender.home.report-hint')} />}
        <Way onPress={() => go('words')} text={t('defender.home.words')} hint={t('defender.home.words-hint')} />
      </nav>
      <ListState />
      <p class="foot">
        <Button tone="quiet" onPress={() => go('who')}>{t('defender.home.who')}</Button>
        <Button tone="quiet" onPress={() => go('settings')}>{t('defender.home.settings')}</Button>
      </p>
    </Screen>
  );
}

/** A way to go on: what it is, and a line that says more. */
export function Way(props: { onPress: () => void; text: string; hint: string }) {
  return (
    <button type="button" class="way" onClick={props.onPress}>
      <span class="strong">{props.text}</span>
      <span class="hint">{props.hint}</span>
    </button>
  );
}

/** How long the red button is held before it sends, where that is switched on. */
const holdMs = 2_000;

/** A press leads to the countdown. Where the person has chosen so, holding sends at once; the short press still works,
 *  for hands and devices that cannot hold. */
function PanicButton() {
  const { t, go } = usePage();
  const { countdown, holdToSend } = useLive(settings);
  const [holding, setHolding] = useState(false);
  const timer = useRef<ReturnType<typeof setTimeout> | undefined>(undefined);
  const sent = useRef(false);
  const release = (): void => {
    clearTimeout(timer.current);
    setHolding(false);
  };
  useEffect(() => release, []);

  const send = (): void => {
    sent.current = true;
    release();
    sendPanic(t.lang);
    go('alert');
  };
  const hold = (): void => {
    if (!holdToSend) return;
    setHolding(true);
    timer.current = setTimeout(send, holdMs);
  };
  const press = (): void => {
    release();
    if (sent.current) return;
    if (countdown === 0) send();
    else go('panic');
  };
  const hint = holdToSend
    ? t('defender.home.panic-hold')
    : countdown === 'wait'
      ? t('defender.home.panic-wait')
      : countdown === 0
        ? ''
        : t('defender.home.panic-countdown', { n: countdown });
  return (
    <button
      type="button"
      class={`panic ${holding ? 'panic-holding' : ''}`}
      onClick={press}
      onPointerDown={hold}
      onPointerUp={release}
      onPointerLeave={release}
      onPointerCancel={release}
      onContextMenu={(event) => {
        if (holdToSend) event.preventDefault();
      }}
    >
      <span class="panic-text">{t('defender.home.panic')}</span>
      <span class="panic-hint">{holding ? t('defender.home.panic-holding') : hint}</span>
    </button>
  );
}

/** What an earlier visit could not send is tried again by itself and told truthfully. */
function UnsentPackets() {
  const { t } = usePage();
  const time = useTime();
  const [packets, setPackets] = useState<readonly QueuedPacket[]>([]);
  const [receivedAt, setReceivedAt] = useState<number | null>(null);

  const drop = (id: string): void => {
    setPackets((all) => all.filter((packet) => packet.id !== id));
    void dropPacket(id);
  };
  const post = async ({ id, bytes }: QueuedPacket): Promise<void> => {
    const answer = await requestJson<{ receivedAt: string }>('POST', '/alerts', {
      body: bytes,
      contentType: 'application/vnd.jardam.submission',
    });
    if (!answer.ok) return;
    setReceivedAt(Date.parse(answer.body.receivedAt));
    drop(id);
  };
  useEffect(() => {
    // An alert that is being sent on this very page has a screen of its own.
    if (currentAlert.get() !== null) return;
    const tryAll = (): void => void keptPackets().then((all) => {
      setPackets(all);
      for (const packet of all) void post(packet);
    });
    tryAll();
    addEventListener('online', tryAll);
    return () => removeEventListener('online', tryAll);
  }, []);

  return (
    <>
      {receivedAt === null ? null : <Notice tone="good" live>{t('defender.home.unsent-received', { time: time(receivedAt) })}</Notice>}
      {packets.map((packet) => (
        <Notice tone="warn" live key={packet.id}>
          <p class="strong">{t('defender.home.unsent')}</p>
          <p class="row">
            <Button onPress={() => void post(packet)}>{t('defender.send.again')}</Button>
            <Button tone="quiet" onPress={() => drop(packet.id)}>{t('defender.home.unsent-delete')}</Button>
          </p>
        </Notice>
      ))}
    </>
  );
}
