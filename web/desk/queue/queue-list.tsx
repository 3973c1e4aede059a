import { useLayoutEffect, useRef } from 'preact/hooks';
import type { RosterView } from '../crypto/messages.js';
import { QUEUE_FILTERS, type QueueFilter } from '../logic/queue-order.js';
import type { AlertRecord } from '../service/desk-store.js';
import { useText } from '../ui/text.js';
import { useKeptFocus } from '../ui/kept-focus.js';
import { QueueRow } from './queue-row.js';

export interface QueueView {
  readonly filter: QueueFilter;
  readonly query: string;
}

/** The queue with its filters. The arrow keys and j/k move along the rows; Tab passes the list as one stop. */
export function QueueList(props: {
  records: readonly AlertRecord[];
  counts: Readonly<Record<QueueFilter, number>>;
  ready: boolean;
  view: QueueView;
  onView: (view: QueueView) => void;
  roster: RosterView;
  ownRid: string;
  selectedId: string | null;
  openId: string | null;
  onOpen: (alertId: string) => void;
  searchRef: (element: HTMLInputElement | null) => void;
  focusTick: number;
}) {
  const t = useText();
  const rows = useRef(new Map<string, HTMLButtonElement>());
  const { records, view, selectedId, focusTick } = props;
  // Before the paint: Enter may follow j within the same frame, and must find the row.
  useLayoutEffect(() => {
    if (focusTick === 0 || selectedId === null) return;
    rows.current.get(selectedId)?.focus();
  }, [focusTick, selectedId]);
  const list = useRef<HTMLElement>(null);
  useKeptFocus(list, () => list.current?.querySelector<HTMLElement>('.row-button[tabindex="0"]') ?? null);
  return (
    <section class="queue" ref={list} aria-label={t('desk.queue.label')}>
      <div class="queue-tools">
        <label class="search">
          <span class="hidden-text">{t('desk.queue.search')}</span>
          <input
            ref={props.searchRef}
            type="search"
            autocomplete="off"
            spellcheck={false}
            placeholder={t('desk.queue.search')}
            value={view.query}
            onInput={(event) => props.onView({ ...view, query: event.currentTarget.value })}
          />
        </label>
        <fieldset class="filters">
          <legend class="hidden-text">{t('desk.queue.filter')}</legend>
          {QUEUE_FILTERS.map((filter) => (
            <label key={filter} class={filter === view.filter ? 'filter filter-on' : 'filter'}>
              <input
                type="radio"
                name="filter"
                class="hidden-text"
                checked={filter === view.filter}
                onChange={() => props.onView({ ...view, filter })}
              />
              {t(`desk.filter.${filter}`)}
              {/* Closed ones are read only while they are looked at; before that their number is not known. */}
              {filter === 'closed' && filter !== view.filter ? null : <span class="figures"> {props.counts[filter]}</span>}
            </label>
          ))}
        </fieldset>
      </div>
      {records.length === 0 ? (
        <p class="queue-empty">{t(emptyKey(props.ready, view))}</p>
      ) : (
        <ul class="rows">
          {records.map((record, i) => {
            const { alertId } = record.entry;
            return (
              <QueueRow
                key={alertId}
                record={record}
                roster={props.roster}
                ownRid={props.ownRid}
                selected={selectedId === null ? i === 0 : alertId === selectedId}
                open={alertId === props.openId}
                onOpen={() => props.onOpen(alertId)}
                rowRef={(element) => {
                  if (element === null) rows.current.delete(alertId);
                  else rows.current.set(alertId, element);
                }}
              />
            );
          })}
        </ul>
      )}
    </section>
  );
}

function emptyKey(ready: boolean, { query, filter }: QueueView) {
  if (!ready) return 'desk.queue.loading';
  if (query !== '') return 'desk.queue.nothing-found';
  return filter === 'open' ? 'desk.queue.empty' : 'desk.queue.empty-filter';
}
