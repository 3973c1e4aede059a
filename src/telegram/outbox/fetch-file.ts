import { Inject, Injectable } from '@nestjs/common';
import { fromHex } from '@jardam/protocol';
import { Attachments } from '../../intake/attachments/attachments.js';
import { SenderMessages } from '../../intake/messages/sender-messages.js';
import { DEFAULT_COALITION } from '../../platform/coalition.js';
import { databaseNow } from '../../platform/clock/clock.js';
import { Database, type Tx } from '../../platform/database/database.js';
import { Accounts } from '../accounts/accounts.js';
import { BotClient } from '../api/bot-client.js';
import { Emergency } from '../conversation/emergency.js';
import { ChatSealer } from '../sealing/chat-sealer.js';
import { cleanOrAsItIs, type CleanFile } from '../sealing/clean-file.js';
import { ChatAlerts } from '../status/chat-alerts.js';
import { Jobs, type ClaimedJob, type Job } from './jobs.js';

/** done: sealed and stored. refused: will never be. Otherwise the milliseconds until the next try; 0: as usual. */
export type FetchOutcome = 'done' | 'refused' | { readonly retryAfterMs: number };

type FetchJob = Extract<Job, { kind: 'fetch' }>;

/** Attachments are stored in parts of this size. */
const partBytes = 65_536;

/** Brings a file from Telegram into the responders' hands: in memory, sealed, stored, and only then deleted there. */
@Injectable()
export class FetchFile {
  constructor(
    @Inject(Database) private readonly database: Database,
    @Inject(BotClient) private readonly telegram: BotClient,
    @Inject(Accounts) private readonly accounts: Accounts,
    @Inject(ChatAlerts) private readonly alerts: ChatAlerts,
    @Inject(ChatSealer) private readonly sealer: ChatSealer,
    @Inject(Emergency) private readonly emergency: Emergency,
    @Inject(SenderMessages) private readonly messages: SenderMessages,
    @Inject(Attachments) private readonly attachments: Attachments,
    @Inject(Jobs) private readonly jobs: Jobs,
  ) {}

  /** Does one job, and finishes it in the transaction that stores the file. */
  async run(claimed: ClaimedJob, job: FetchJob, signal: AbortSignal): Promise<FetchOutcome> {
    const fetched = await this.telegram.download(job.fileId, signal);
    if ('bytes' in fetched) {
      const clean = cleanOrAsItIs(fetched.bytes, job);
      try {
        await this.database.transaction((tx) => this.store(tx, claimed, job, clean));
        return 'done';
      } catch (error) {
        if (!(error instanceof TooMany)) throw error;
      }
    } else if (fetched.failed === 'unreachable') {
      return { retryAfterMs: 0 };
    } else if (fetched.failed === 'flood') {
      return { retryAfterMs: fetched.retryAfterMs };
    }
    return 'refused';
  }

  /** The file will not come: the status says so, and its message stays in the chat. */
  async giveUp(tx: Tx, claimed: ClaimedJob, job: FetchJob): Promise<void> {
    if (!(await this.jobs.finish(tx, claimed))) return;
    const alertId = idOf(job);
    await this.alerts.countFiles(tx, alertId, { waiting: -1, refused: 1 });
    await this.jobs.queue(tx, claimed.owner, { kind: 'status', alertId: job.alertId }, { once: `status ${job.alertId}` });
  }

  private async store(tx: Tx, claimed: ClaimedJob, job: FetchJob, clean: CleanFile): Promise<void> {
    const alertId = idOf(job);
    const account = await this.accounts.lock(tx, claimed.owner);
    const alert = await this.alerts.byAlert(tx, alertId, 'FOR UPDATE OF c');
    // Left, or closed and told: there is nobody to answer to any more, and nobody who reads.
    if (!(await this.jobs.finish(tx, claimed)) || account === null || alert === null) return;
    await this.emergency.handOverHeld(tx, alert);

    const contentKey = this.sealer.drawContentKey();
    const file = this.sealer.file(contentKey, clean, alert.additions + 1);
    const mailbox = { coalitionId: DEFAULT_COALITION, alertId, senderPk: await this.alerts.senderPk(tx, alertId) };
    const created = await this.attachments.create(tx, mailbox, { objectId: file.objectId, totalBytes: file.ciphertext.length, hash: hashOf(file.entry.hash) });
    if ('refused' in created) throw new TooMany();
    for (let offset = 0; offset < file.ciphertext.length; offset += partBytes) {
      const part = { objectId: file.objectId, offset, bytes: file.ciphertext.subarray(offset, offset + partBytes) };
      const appended = await this.attachments.append(tx, mailbox, part);
      if ('refused' in appended) throw new Error(`a sealed file was refused: ${appended.refused}`);
    }
    const place = await this.alerts.place(tx, alertId);
    const content = { text: '', place: null };
    const envelope = await this.sealer.followUp(tx, account, place, content, await databaseNow(tx), { contentKey, entries: [file.entry] });
    const accepted = await this.messages.acceptWithin(tx, alertId, envelope);
    if ('refused' in accepted) throw new TooMany();
    await this.alerts.countAddition(tx, alertId);
    await this.alerts.countFiles(tx, alertId, { waiting: -1 });
    await this.jobs.queue(tx, account.owner, { kind: 'delete', chatId: job.chatId, messageIds: [job.messageId], alertId: job.alertId });
    await this.jobs.queue(tx, account.owner, { kind: 'status', alertId: job.alertId }, { once: `status ${job.alertId}` });
  }
}

/** The alert takes no more files or messages: undoes the transaction. */
class TooMany extends Error {}

function idOf(job: FetchJob): Uint8Array {
  const alertId = fromHex(job.alertId, 16);
  if (alertId === null) throw new Error('a stored job names no alert');
  return alertId;
}

function hashOf(text: string): Uint8Array {
  return Buffer.from(text, 'base64url');
}
