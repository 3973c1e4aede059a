import type { AlertTimer, Change, Contact, DomainEvent, NewDelivery, Reachable, TierEntry } from '../../../src/domain/alert.js';
import type { Answer } from '../../../src/domain/answers.js';
import type { TickContext } from '../../../src/domain/decide.js';
import { isWanted } from '../../../src/domain/delivery-outcome.js';
import { openAlert } from '../../../src/domain/open-alert.js';
import { ladderOf, type Ladder } from '../../../src/domain/policy.js';
import type { LedgerEvent } from '../replay.js';
import type { AlertInMemory, Cause, EnteredTier, Message } from './alert-in-memory.js';
import { checkChange, checkQueue, checkState } from './core-checks.js';
import type { Life, PersonInLife } from './life.js';

const ofLadder = new Set(['notify', 'task', 'unanswered']);

/**
 * One alert with its tables in memory: does what tick, desk, outbox and intake do around the pure core, and asks after
 * every change whether what must always be true still is.
 */
export class CoreWorld implements AlertInMemory {
  readonly ladder: Ladder;
  readonly everybody: readonly Contact[];
  timer: AlertTimer;
  now: number;
  /** Who can be reached now; changes with shifts, refused addresses and new contacts. */
  reachable: Reachable;
  readonly entries: EnteredTier[] = [];
  readonly messages: Message[] = [];
  readonly answers: Answer[] = [];
  readonly events: LedgerEvent[] = [];
  /** Organisations told of a tier, by the number of the event at which it was asked. */
  readonly toldAt = new Map<number, readonly string[]>();
  readonly disabled = new Set<string>();

  /** null when the sender allowed no tier of this severity's ladder: such an alert is refused. */
  static open(life: Life): CoreWorld | null {
    const ladder = ladderOf(life.policy, life.severity, life.tiers);
    const reachable = reachableOf(life, new Set());
    const opened = openAlert(life.policy, { severity: life.severity, tiers: life.tiers, excludedOrgs: life.excludedOrgs, now: life.receivedAt }, reachable);
    if ('refused' in opened) return null;
    const world = new CoreWorld(life, ladder, reachable, opened.timer);
    world.note(opened.events, null);
    world.take(opened.tierEntries, opened.deliveries);
    checkState(world);
    checkQueue(world);
    return world;
  }

  private constructor(
    readonly life: Life,
    ladder: Ladder,
    reachable: Reachable,
    timer: AlertTimer,
  ) {
    this.ladder = ladder;
    this.reachable = reachable;
    this.timer = timer;
    this.now = life.receivedAt;
    this.everybody = life.people.flatMap(({ contacts }) => contacts);
  }

  /** What the tick reads before it decides. */
  context(): TickContext {
    const { gen, tier, roundGen, owner } = this.timer;
    const entry = this.entries.find((each) => each.gen === gen && each.tier === tier && each.outcome !== 'not_consented');
    const ofEntry = this.messages.filter((each) => each.gen === gen && (each.purpose === 'notify' || each.purpose === 'task'));
    return {
      reachable: this.reachable,
      excludedOrgs: this.life.excludedOrgs,
      acknowledged: new Set(this.answers.filter((each) => each.decision === 'ack' && each.gen >= roundGen).map(({ rid }) => rid)),
      entry: entry ? { outcome: entry.outcome, enteredAt: entry.at, lateMs: entry.lateMs } : null,
      messages: { queued: ofEntry.length, accepted: ofEntry.filter(({ state }) => state === 'sent').length },
      leap: null,
      ownerContacts: owner === null ? [] : this.everybody.filter(({ rid, contactId }) => rid === owner && !this.disabled.has(contactId)),
    };
  }

  /** The people who were sent a message for a tier from generation `since` on. */
  told(tier: number, since: number): { rid: string; org: string }[] {
    return this.messages
      .filter((each) => each.tier === tier && each.gen >= since && (each.purpose === 'notify' || each.purpose === 'task'))
      .map(({ contact }) => ({ rid: contact.rid ?? '', org: contact.org ?? '' }));
  }

  /** Contacts of everybody to whom a message may have come. */
  notified(): Contact[] {
    return this.messages.filter((each) => each.attempt > 0 && each.state !== 'dead' && !this.disabled.has(each.contact.contactId)).map(({ contact }) => contact);
  }

  personAt(at: number): PersonInLife | undefined {
    return this.life.people[at];
  }

  /** A refused address, or one that works again. */
  setDisabled(contactId: string, disabled: boolean): void {
    if (disabled) this.disabled.add(contactId);
    else this.disabled.delete(contactId);
    this.reachable = reachableOf(this.life, this.disabled);
  }

  /**
   * Writes a change as one transaction would, and checks it.
   *
   * @param by the person whose act it is
   */
  apply(change: Change, cause: Cause, by: string | null = null): void {
    const before = this.timer;
    const pendingBefore = this.messages.length;
    checkChange(this, before, change, cause);
    this.note(change.events, by);
    this.timer = change.timer;
    this.cancel(change);
    if (change.entryUpdate) this.updateEntry(change.entryUpdate);
    this.take(change.entries, change.deliveries);
    checkState(this);
    if (this.messages.length > pendingBefore) checkQueue(this);
  }

  /** Events in the ledger; also those that the outbox writes by itself. */
  note(events: readonly DomainEvent[], by: string | null): void {
    for (const { type, tier, detail } of events) {
      if (type === 'ACK') this.toldAt.set(this.events.length, this.told(tier, this.timer.roundGen).map(({ org }) => org));
      this.events.push({ type, tier, rid: by, detail: detail ?? {} });
    }
  }

  /** The same as outbox-write-outcome in settle.ts. */
  markTold(message: Message): void {
    const at = this.entries.findIndex((each) => each.gen === message.gen && each.tier === message.tier && each.outcome === 'not_reached');
    const entry = this.entries[at];
    if (entry) this.entries[at] = { ...entry, outcome: message.purpose === 'task' ? 'task' : 'notified', reason: null };
  }

  private cancel({ cancel, timer }: Change): void {
    for (const message of this.messages) {
      if (message.state !== 'pending' && message.state !== 'failed') continue;
      const hit =
        cancel.kind === 'all' ||
        (cancel.kind === 'ladder' && ofLadder.has(message.purpose)) ||
        (cancel.kind === 'person' && message.purpose !== 'unanswered' && ofLadder.has(message.purpose) && message.contact.rid === cancel.rid);
      // A reminder or a hand-over that was overtaken is dropped by its sender, as in settle.ts.
      if (hit || (!ofLadder.has(message.purpose) && !isWanted(message.purpose, timer))) message.state = 'cancelled';
    }
  }

  private updateEntry({ gen, tier, outcome, reason }: NonNullable<Change['entryUpdate']>): void {
    const at = this.entries.findIndex((each) => each.gen === gen && each.tier === tier);
    const entry = this.entries[at];
    if (!entry) throw new Error('an entry that never was is updated');
    this.entries[at] = { ...entry, outcome, reason };
  }

  private take(entries: readonly TierEntry[], deliveries: readonly NewDelivery[]): void {
    for (const entry of entries) this.entries.push({ ...entry, at: this.now });
    for (const delivery of deliveries) this.messages.push({ ...delivery, state: 'pending', attempt: 0, nextAt: this.now, accepted: 0 });
  }
}

function reachableOf({ people, dutyDesk }: Life, disabled: ReadonlySet<string>): Reachable {
  const byTier = new Map<number, Contact[]>();
  for (const { tier, contacts } of people) {
    const working = contacts.filter(({ contactId }) => !disabled.has(contactId));
    if (working.length > 0) byTier.set(tier, [...(byTier.get(tier) ?? []), ...working]);
  }
  return { byTier, dutyDesk };
}
