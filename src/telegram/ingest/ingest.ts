import { Inject, Injectable, Logger } from '@nestjs/common';
import { Wake } from '../../escalation/wake.js';
import { Database } from '../../platform/database/database.js';
import { isDatabaseUnavailable } from '../../platform/database/unavailable.js';
import { Metrics } from '../../platform/metrics/metrics.js';
import { BotClient } from '../api/bot-client.js';
import { Conversation } from '../conversation/conversation.js';
import { ChatSecrets } from '../secrets.js';
import { readUpdate, updateIdOf, type Incoming } from './read-update.js';
import { unitsOf, type Unit } from './units.js';
import { UpdateLedger } from './update-ledger.js';

/** An update was put off: it and all behind it must be asked for again. */
export class NotTaken extends Error {
  constructor(readonly updateId: number) {
    super('an update could not be handled yet');
  }
}

/**
 * From updates to effects: at least once from Telegram, exactly once in effect. An update's number, and everything that
 * follows from it, is written in one transaction; only when that has committed may the caller confirm it to Telegram,
 * which keeps what is not confirmed for 24 hours.
 */
@Injectable()
export class Ingest {
  private readonly log = new Logger('Telegram');
  private readonly ledger: UpdateLedger;
  private readonly taken;

  constructor(
    @Inject(Database) private readonly database: Database,
    @Inject(Conversation) private readonly conversation: Conversation,
    @Inject(Wake) private readonly wakeUp: Wake,
    @Inject(ChatSecrets) secrets: ChatSecrets,
    @Inject(BotClient) telegram: BotClient,
    @Inject(Metrics) metrics: Metrics,
  ) {
    this.ledger = new UpdateLedger(secrets, telegram.botId);
    this.taken = metrics.counter('telegram_updates_total', 'Updates from Telegram', ['outcome']);
  }

  /**
   * Takes a batch, in its order. When this returns, every update of it has taken effect, had before, or was put aside.
   *
   * @throws NotTaken  when one failed and may work later; those before it are done
   * @throws the database's error when that is away: nothing is counted against anybody
   */
  async take(updates: readonly unknown[]): Promise<void> {
    const originals = new Map(updates.map((update) => [updateIdOf(update), update]));
    const readable: Incoming[] = [];
    let putOff: NotTaken | null = null;
    for (const [updateId, update] of originals) {
      try {
        readable.push(readUpdate(update));
      } catch (error) {
        putOff ??= await this.failed(updateId, update, error, null);
      }
    }
    for (const unit of unitsOf(readable)) putOff ??= await this.unit(unit, originals);
    if (putOff !== null) throw putOff;
  }

  /** How many updates were put aside, and forgets old numbers. For the poller's rounds. */
  async keepHouse(): Promise<number> {
    await this.ledger.purge(this.database);
    return this.ledger.quarantined(this.database);
  }

  private async unit(unit: Unit, originals: ReadonlyMap<number, unknown>): Promise<NotTaken | null> {
    try {
      await this.inOneTransaction(unit);
      return null;
    } catch (error) {
      if (isDatabaseUnavailable(error)) throw error;
      if (unit.kind === 'contents' && unit.contents.length > 1) {
        // One of them is bad; the others must not wait for it.
        let putOff: NotTaken | null = null;
        for (const each of unit.contents) putOff ??= await this.unit({ ...unit, contents: [each] }, originals);
        return putOff;
      }
      const incoming = unit.kind === 'contents' ? unit.contents[0] : unit.incoming;
      return this.failed(incoming.updateId, originals.get(incoming.updateId), error, 'userId' in incoming ? incoming.userId : null);
    }
  }

  private async inOneTransaction(unit: Unit): Promise<void> {
    const ids = unit.kind === 'contents' ? unit.contents.map(({ updateId }) => updateId) : [unit.incoming.updateId];
    const fresh = await this.database.transaction(async (tx) => {
      const begun = await this.ledger.begin(tx, ids);
      if (begun.size === 0) return 0;
      await this.conversation.handle(tx, freshPart(unit, begun));
      return begun.size;
    });
    this.taken.inc({ outcome: 'done' }, fresh);
    this.taken.inc({ outcome: 'repeated' }, ids.length - fresh);
    if (fresh > 0) this.wakeUp.afterCommit();
  }

  private async failed(updateId: number, update: unknown, error: unknown, userId: number | null): Promise<NotTaken | null> {
    const last = await this.ledger.failed(this.database, updateId, update);
    this.taken.inc({ outcome: last ? 'quarantined' : 'failed' });
    this.log.error(last ? 'an update could not be handled and was put aside' : 'an update could not be handled; trying again', error);
    if (!last) return new NotTaken(updateId);
    if (userId !== null) await this.database.transaction((tx) => this.conversation.givenUp(tx, userId));
    return null;
  }
}

function freshPart(unit: Unit, begun: ReadonlySet<number>): Unit {
  if (unit.kind === 'one') return unit;
  const [first, ...rest] = unit.contents.filter(({ updateId }) => begun.has(updateId));
  return first === undefined ? unit : { ...unit, contents: [first, ...rest] };
}
