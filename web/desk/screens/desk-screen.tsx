// The desk: the queue on the left, the open alert on the right; on a narrow screen one of the two.
import { useCallback, useEffect, useMemo, useRef, useState } from 'preact/hooks';
import type { RosterRefusal } from '../crypto/messages.js';
import { AlertScreen } from '../alert/alert-screen.js';
import { CheckInsNotice } from '../queue/check-ins-notice.js';
import { QueueList, type QueueView } from '../queue/queue-list.js';
import { shortHeadline } from '../queue/queue-row.js';
import { useShortcuts, type Shortcut } from '../queue/shortcuts.js';
import { QUEUE_FILTERS, isUnanswered, matchesFilter, matchesSearch, type QueueFilter } from '../logic/queue-order.js';
import type { QueueEntry } from '../service/desk-api.js';
import { DeskStore, type AlertRecord } from '../service/desk-store.js';
import { startLiveUpdates, type LineState } from '../service/live-updates.js';
import { loadDeskRoster } from '../service/sign-in.js';
import type { SignedInDesk } from '../service/signed-in.js';
import { searchableText } from '../logic/search-text.js';
import type { FrameProps } from '../ui/entry-frame.js';
import { serverNowMs, setServerTime } from '../ui/now.js';
import { ProblemNotice } from '../ui/problem.js';
import { useText } from '../ui/text.js';
import { ContactsDialog } from './contacts-dialog.js';
import { DeskBar } from './desk-bar.js';
import { HelpDialog } from './help-dialog.js';
import { SettingsDialog } from './settings-dialog.js';
import { ShiftsDialog } from './shifts-dialog.js';
import { useIdleLock } from '../ui/idle-lock.js';

export function DeskScreen(
  props: FrameProps & {
    desk: SignedInDesk;
    firstAlert: string | null;
    onLock: () => void;
    onSignOut: () => void;
    onRosterRefused: (reason: RosterRefusal) => void;
  },
) {
  const t = useText();
  const { desk, onRosterRefused } = props;
  const [roster, setRoster] = useState(desk.roster);
  const [line, setLine] = useState<LineState>('polling');
  const [news, setNews] = useState('');
  const [view, setView] = useState<QueueView>({ filter: 'open', query: '' });
  const [selectedId, setSelectedId] = useState<string | null>(null);
  const [openId, setOpenId] = useState<string | null>(props.firstAlert);
  const [focusTick, setFocusTick] = useState(0);
  const [dialog, setDialog] = useState<'help' | 'settings' | 'contacts' | 'shifts' | null>(null);
  const [, setVersion] = useState(0);
  const search = useRef<HTMLInputElement | null>(null);
  const acknowledge = useRef<(() => void) | null>(null);
  const reply = useRef<(() => void) | null>(null);
  const announce = useRef<(entries: readonly QueueEntry[]) => void>(() => undefined);
  useIdleLock(props.onLock);

  announce.current = (entries) => {
    const [first] = entries;
    if (first === undefined) return;
    // Severity and number only: a screen reader may be heard by the whole office.
    setNews(t('desk.news', { n: entries.length, severity: t(`shared.severity.${first.severity}`) }));
  };

  const store = useMemo(() => {
    const made: DeskStore = new DeskStore({
      api: desk.api,
      keyring: desk.keyring,
      me: desk.me,
      instance: desk.place.instanceId,
      now: serverNowMs,
      onServerTime: setServerTime,
      refreshRoster: async () => {
        const step = await loadDeskRoster(desk.keyring, desk.place.instanceId);
        if ('rosterRefused' in step) onRosterRefused(step.rosterRefused);
        if (!('roster' in step)) return null;
        setRoster(step.roster);
        return step.roster;
      },
      onNewAlerts: (entries) => announce.current(entries),
    });
    return made;
  }, [desk, onRosterRefused]);

  useEffect(() => {
    const unwatch = store.watch(() => setVersion((version) => version + 1));
    const live = startLiveUpdates(desk.api, (ids) => void store.refresh(ids), setLine);
    return () => {
      unwatch();
      live.stop();
      store.stop();
    };
  }, [store, desk.api]);

  useEffect(() => {
    store.showClosed(view.filter === 'closed');
  }, [store, view.filter]);

  const { records, ready, problem } = store.snapshot();
  const found = records.filter(({ entry }) => matchesFilter(entry, view.filter, desk.me.rid));
  const shown = view.query === '' ? found : found.filter((record) => matchesSearch(textOf(record), view.query));
  const counts = Object.fromEntries(
    QUEUE_FILTERS.map((filter) => [filter, records.filter(({ entry }) => matchesFilter(entry, filter, desk.me.rid)).length]),
  ) as Record<QueueFilter, number>;
  const unanswered = records.filter(({ entry }) => isUnanswered(entry)).length;
  const open = openId === null ? null : store.record(openId);

  useEffect(() => {
    // A number and a neutral word: the tab is seen by whoever stands behind.
    document.title = unanswered === 0 ? t('desk.name') : `${unanswered} · ${t('desk.name')}`;
  }, [unanswered, t]);

  const move = (step: 1 | -1): void => {
    const at = shown.findIndex(({ entry }) => entry.alertId === (selectedId ?? openId));
    const next = shown[at < 0 ? 0 : Math.min(Math.max(at + step, 0), shown.length - 1)];
    if (next === undefined) return;
    setSelectedId(next.entry.alertId);
    setFocusTick((tick) => tick + 1);
  };
  const openAlert = (alertId: string): void => {
    setSelectedId(alertId);
    setOpenId(alertId);
  };
  const close = (): void => {
    if (openId === null) return;
    setSelectedId(openId);
    setOpenId(null);
    setFocusTick((tick) => tick + 1);
  };
  const onShortcut = (shortcut: Shortcut, event: KeyboardEvent): void => {
    switch (shortcut) {
      case 'down':
      case 'up':
        event.preventDefault();
        move(shortcut === 'down' ? 1 : -1);
        return;
      case 'acknowledge':
        // Whoever has not opened it cannot say that they have read it: the first press opens.
        if (openId !== null && (selectedId === null || selectedId === openId)) acknowledge.current?.();
        else if (selectedId !== null) openAlert(selectedId);
        return;
      case 'reply':
        event.preventDefault();
        reply.current?.();
        return;
      case 'search':
        event.preventDefault();
        search.current?.focus();
        return;
      case 'help':
        setDialog('help');
        return;
      case 'close':
        close();
    }
  };
  const handler = useRef(onShortcut);
  handler.current = onShortcut;
  useShortcuts(useCallback((shortcut, event) => handler.current(shortcut, event), []));

  return (
    <div class={openId === null ? 'desk' : 'desk desk-open'}>
      <DeskBar
        {...props}
        roster={roster}
        me={desk.me}
        line={line}
        demo={desk.place.instance.demo}
        onHelp={() => setDialog('help')}
        onShifts={() => setDialog('shifts')}
        onContacts={() => setDialog('contacts')}
        onSettings={() => setDialog('settings')}
      />
      <p class="hidden-text" role="status" aria-live="assertive">
        {news}
      </p>
      <div class="desk-queue">
        <ProblemNotice problem={problem} />
        <CheckInsNotice api={desk.api} />
        <QueueList
          records={shown}
          counts={counts}
          ready={ready}
          view={view}
          onView={setView}
          roster={roster}
          ownRid={desk.me.rid}
          selectedId={selectedId}
          openId={openId}
          onOpen={openAlert}
          searchRef={(element) => {
            search.current = element;
          }}
          focusTick={focusTick}
        />
      </div>
      <main class="desk-alert" aria-label={t('desk.alert.label')}>
        {open === null ? (
          <p class="desk-hint">{openId === null || ready ? t(openId === null ? 'desk.alert.choose' : 'desk.alert.gone') : t('desk.queue.loading')}</p>
        ) : (
          <AlertScreen
            key={open.entry.alertId}
            record={open}
            title={shortHeadline(open, t)}
            store={store}
            roster={roster}
            me={desk.me}
            onBack={close}
            onOpen={openAlert}
            acknowledgeRef={acknowledge}
            replyRef={reply}
          />
        )}
      </main>
      {dialog === 'help' ? <HelpDialog onClose={() => setDialog(null)} /> : null}
      {dialog === 'shifts' ? (
        <ShiftsDialog api={desk.api.shifts} roster={roster} me={desk.me} policyText={desk.place.instance.policy.text} onClose={() => setDialog(null)} />
      ) : null}
      {dialog === 'contacts' ? <ContactsDialog api={desk.api.contacts} onClose={() => setDialog(null)} /> : null}
      {dialog === 'settings' ? <SettingsDialog desk={desk} onClose={() => setDialog(null)} /> : null}
    </div>
  );
}

function textOf(record: AlertRecord): string {
  return record.content !== null && 'alert' in record.content ? searchableText(record.content.alert) : '';
}
