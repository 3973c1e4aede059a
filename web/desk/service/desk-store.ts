// What the desk knows: the queue, and every alert it has opened. Decrypted text lives here and in the Worker, in
// memory only; locking drops both.
import type { StatementType } from '@jardam/protocol';
import { isClosed } from '../../common/alert-view.js';
import type { Problem, Result } from '../../common/api.js';
import type { KeyringApi, OpenAlertResult, OpenedFile, Person, RecordFault, RosterView, SealedMessage } from '../crypto/messages.js';
import { orderQueue } from '../logic/queue-order.js';
import type { AlertDetail, DeskApi, QueueEntry } from './desk-api.js';
import { isOutrun, RecordChecks } from './record-checks.js';

export interface AlertRecord {
  readonly entry: QueueEntry;
  readonly detail: AlertDetail | null;
  readonly content: OpenAlertResult | null;
  /** In what way the service's account of this alert does not hold; empty when it does, or was not read yet. */
  readonly faults: readonly RecordFault[];
  readonly problem: Problem | null;
}

export interface DeskState {
  /** In the order of what is due next. */
  readonly records: readonly AlertRecord[];
  /** The queue has been read at least once. */
  readonly ready: boolean;
  readonly problem: Problem | null;
}

export interface StoreSetting {
  readonly api: DeskApi;
  readonly keyring: Pick<KeyringApi, 'openAlert' | 'checkRecord' | 'signAct' | 'sealReply' | 'openFile'>;
  readonly me: Person;
  /** base64url of 32 bytes. */
  readonly instance: string;
  /** Milliseconds since 1970 by the service's clock. */
  readonly now: () => number;
  readonly onServerTime: (iso: string) => void;
  /** Fetches and verifies the roster again; null when it was refused (the page then shows why). */
  readonly refreshRoster: () => Promise<RosterView | null>;
  readonly onNewAlerts: (entries: readonly QueueEntry[]) => void;
}

export type ActOutcome = { readonly done: true } | { readonly problem: Problem } | { readonly refused: 'not-opened' | 'too-long' };

export class DeskStore {
  private state: DeskState = { records: [], ready: false, problem: null };
  private readonly watchers = new Set<() => void>();
  /** Ciphertext by envelope hash: an envelope never changes, so it is fetched once. */
  private readonly envelopes = new Map<string, Uint8Array>();
  private readonly records: RecordChecks;
  private readonly seenGen = new Map<string, number>();
  private closedWanted = false;
  private reading: Promise<void> | null = null;
  private readAgain = false;
  private readonly stale = new Set<string>();
  private loading = false;
  private stopped = false;

  constructor(private readonly setting: StoreSetting) {
    this.records = new RecordChecks(setting.keyring, setting.refreshRoster);
  }

  snapshot(): DeskState {
    return this.state;
  }

  /** Calls back after every change; returns how to stop. */
  watch(onChange: () => void): () => void {
    this.watchers.add(onChange);
    return () => this.watchers.delete(onChange);
  }

  record(alertId: string): AlertRecord | null {
    return this.state.records.find(({ entry }) => entry.alertId === alertId) ?? null;
  }

  /** Forgets everything and answers nothing more. */
  stop(): void {
    this.stopped = true;
    this.watchers.clear();
    this.envelopes.clear();
    this.records.forget();
    this.state = { records: [], ready: false, problem: null };
  }

  /** Reads the queue, and again every alert in `changed`. Calls that come while one is under way are joined. */
  refresh(changed: readonly string[] = []): Promise<void> {
    for (const id of changed) this.stale.add(id);
    if (this.reading !== null) {
      this.readAgain = true;
      return this.reading;
    }
    this.reading = this.readQueue().finally(() => {
      this.reading = null;
      if (!this.readAgain || this.stopped) return;
      this.readAgain = false;
      void this.refresh();
    });
    return this.reading;
  }

  /** Whether closed alerts are read as well. They are many and change no more, so only while somebody looks. */
  showClosed(wanted: boolean): void {
    if (this.closedWanted === wanted) return;
    this.closedWanted = wanted;
    void this.refresh();
  }

  private async readQueue(): Promise<void> {
    const { api } = this.setting;
    const answer = await api.queue();
    const closed = this.closedWanted && answer.ok ? await api.closed() : null;
    if (this.stopped) return;
    const failed = !answer.ok ? answer : closed !== null && !closed.ok ? closed : null;
    if (!answer.ok || failed !== null) {
      this.set({ ...this.state, problem: failed });
      return;
    }
    this.setting.onServerTime(answer.body.now);
    const entries = [...answer.body.alerts, ...(closed?.ok === true ? closed.body.alerts : this.keptClosed(answer.body.alerts))];
    const before = new Map(this.state.records.map((record) => [record.entry.alertId, record]));
    const fresh = answer.body.alerts.filter(({ alertId }) => !before.has(alertId));
    const records = entries.map((entry): AlertRecord => {
      const known = before.get(entry.alertId);
      if (known === undefined) return { entry, detail: null, content: null, faults: [], problem: null };
      if (hasChanged(known.entry, entry)) this.stale.add(entry.alertId);
      return { ...known, entry };
    });
    const announce = this.state.ready ? fresh.filter(({ state }) => !isClosed(state)) : [];
    this.set({ records: orderQueue(records), ready: true, problem: null });
    if (announce.length > 0) this.setting.onNewAlerts(announce);
    void this.loadWaiting();
  }

  /** The open queue does not list what has just been closed. Whoever is reading it must not have it taken from under
   *  their eyes: it is read once more, and stays. */
  private keptClosed(open: readonly QueueEntry[]): QueueEntry[] {
    const gone = this.state.records.map(({ entry }) => entry).filter(({ alertId }) => !open.some((each) => each.alertId === alertId));
    for (const { alertId, state } of gone) if (!isClosed(state)) this.stale.add(alertId);
    return gone;
  }

  /** Opens, one after the other, what has not been opened or has changed; the next one due first. */
  private async loadWaiting(): Promise<void> {
    if (this.loading) return;
    this.loading = true;
    try {
      for (let next = this.nextToLoad(); next !== null; next = this.nextToLoad()) {
        await this.load(next.entry.alertId);
      }
    } finally {
      this.loading = false;
    }
  }

  private nextToLoad(): AlertRecord | null {
    if (this.stopped) return null;
    const waiting = (record: AlertRecord): boolean =>
      this.stale.has(record.entry.alertId) || (record.detail === null && record.problem === null);
    return this.state.records.find(waiting) ?? null;
  }

  /** Reads one alert anew: its state, its envelopes, their content. */
  async load(alertId: string): Promise<void> {
    this.stale.delete(alertId);
    const { api } = this.setting;
    // Before the question: of two answers under way at once the older one may come last, and is not a rewritten past.
    const before = this.records.heldUntil(alertId);
    const answer = await api.alert(alertId);
    if (!answer.ok) {
      this.update(alertId, { problem: answer });
      return;
    }
    const detail = answer.body;
    if (isOutrun(this.record(alertId)?.detail ?? null, detail, before)) return;
    this.updateEntry(alertId, detail);
    const sealed = await this.fetchEnvelopes(alertId, detail);
    if ('problem' in sealed) {
      this.update(alertId, { detail, problem: sealed.problem });
      return;
    }
    const content = await this.open(alertId, detail, sealed.messages);
    const faults = await this.records.check(alertId, detail, before);
    if (isOutrun(this.record(alertId)?.detail ?? null, detail, before)) return;
    this.update(alertId, { detail, content, faults, problem: null });
  }

  private async fetchEnvelopes(
    alertId: string,
    detail: AlertDetail,
  ): Promise<{ messages: SealedMessage[] } | { problem: Problem }> {
    const messages: SealedMessage[] = [];
    for (const { envelopeHash, receivedAt } of detail.envelopes) {
      let bytes = this.envelopes.get(envelopeHash);
      if (bytes === undefined) {
        const answer = await this.setting.api.envelope(alertId, envelopeHash);
        if (!answer.ok) return { problem: answer };
        bytes = answer.body;
        this.envelopes.set(envelopeHash, bytes);
      }
      messages.push({ envelopeHash, receivedAt, bytes });
    }
    return { messages };
  }

  private async open(alertId: string, detail: AlertDetail, messages: readonly SealedMessage[]): Promise<OpenAlertResult | null> {
    const entry = this.record(alertId)?.entry;
    const first = detail.envelopes.findIndex(({ kind, seq }) => (kind === 1 || kind === 2) && seq === 0);
    const report = messages[first];
    if (entry === undefined) return null;
    if (report === undefined) return { refused: 'tampered' };
    const openNow = (): Promise<OpenAlertResult> =>
      this.setting.keyring.openAlert({
        alertId,
        tag: entry.tag,
        instance: this.setting.instance,
        report,
        messages: messages.filter((_message, i) => i !== first),
        releaseKeys: detail.releaseKeys,
      });
    const content = await openNow();
    // Sealed under a roster that came out since this page was opened: verify that one, then try once more.
    const newer = 'refused' in content && content.refused === 'unknown-roster';
    return newer && (await this.setting.refreshRoster()) !== null ? openNow() : content;
  }

  /** Signs an act and hands it in; then shows what became of it. */
  async act(alertId: string, type: StatementType, detail: Readonly<Record<string, string | number>> = {}): Promise<ActOutcome> {
    const record = this.record(alertId);
    const known = record?.detail;
    if (record === null || known === null || known === undefined) return { refused: 'not-opened' };
    const opened = record.content !== null && 'alert' in record.content;
    if (type === 'ack' && !opened) return { refused: 'not-opened' };
    const signed = await this.setting.keyring.signAct({
      alertId,
      type,
      hh: known.envelopes[0]?.hh ?? '',
      tier: record.entry.myTiers[0] ?? this.setting.me.tiers[0] ?? record.entry.tier,
      gen: known.view.gen,
      prevEventHash: known.chainHead.hash,
      time: Math.round(this.setting.now()),
      detail,
    });
    return this.finish(alertId, await this.setting.api.act(alertId, signed));
  }

  /** Tells the service once per generation that a person has looked; deciding nothing, and never in the way. */
  async markSeen(alertId: string): Promise<void> {
    const record = this.record(alertId);
    const gen = record?.detail?.view.gen;
    const open = record?.content !== null && record?.content !== undefined && 'alert' in record.content;
    if (gen === undefined || !open || isClosed(record.entry.state) || this.seenGen.get(alertId) === gen) return;
    this.seenGen.set(alertId, gen);
    const outcome = await this.act(alertId, 'seen');
    if ('problem' in outcome) this.seenGen.delete(alertId);
  }

  /** Seals and sends a reply to the defender or a note to the team. */
  async send(alertId: string, kind: 'reply' | 'note', text: string): Promise<ActOutcome> {
    const tiers = this.record(alertId)?.detail?.view.tiers ?? [];
    const sealed = await this.setting.keyring.sealReply({
      alertId,
      kind,
      text,
      time: Math.round(this.setting.now()),
      reachedTiers: tiers.filter(({ status }) => status === 'notified' || status === 'not_reached').map(({ tier }) => tier),
    });
    if ('refused' in sealed) return sealed;
    return this.finish(alertId, await this.setting.api.send(alertId, sealed.bytes));
  }

  /** Fetches a file's ciphertext and has the Worker open it. Not kept: evidence is looked at, then gone. */
  async openFile(alertId: string, objectId: string): Promise<OpenedFile | { readonly refused: 'not-fetched' }> {
    const answer = await this.setting.api.file(alertId, objectId);
    return answer.ok ? this.setting.keyring.openFile({ alertId, objectId, ciphertext: answer.body }) : { refused: 'not-fetched' };
  }

  private async finish(alertId: string, answer: Result<unknown>): Promise<ActOutcome> {
    // Also after a refusal: most of them mean that the page was behind.
    await this.load(alertId);
    void this.refresh();
    return answer.ok ? { done: true } : { problem: answer };
  }

  /** The detail is newer than the queue's line: its state counts. */
  private updateEntry(alertId: string, { view, owner }: AlertDetail): void {
    const entry = this.record(alertId)?.entry;
    if (entry === undefined) return;
    const { state, gen, due } = view;
    this.update(alertId, { entry: { ...entry, state, gen, owner, dueAt: due?.at ?? null, dueKind: due?.kind ?? null } });
  }

  private update(alertId: string, change: Partial<AlertRecord>): void {
    const records = this.state.records.map((record) =>
      record.entry.alertId === alertId ? { ...record, ...change } : record,
    );
    this.set({ ...this.state, records: orderQueue(records) });
  }

  private set(state: DeskState): void {
    if (this.stopped) return;
    this.state = state;
    for (const watcher of this.watchers) watcher();
  }
}

function hasChanged(before: QueueEntry, now: QueueEntry): boolean {
  return (
    before.gen !== now.gen ||
    before.state !== now.state ||
    before.tier !== now.tier ||
    before.dueAt !== now.dueAt ||
    before.messages !== now.messages ||
    before.ackedBy.length !== now.ackedBy.length ||
    before.owner?.rid !== now.owner?.rid
  );
}
