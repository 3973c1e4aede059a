import { Controller, Delete, Get, Header, Headers, HttpCode, Inject, Param, StreamableFile } from '@nestjs/common';
import { toBase64url, toHex } from '@jardam/protocol';
import { AlertViews, type AlertView } from '../../escalation/alert-view.js';
import { Database } from '../../platform/database/database.js';
import { BYTES_TYPE } from '../../platform/http/body-parsers.js';
import { afterStandDown } from '../mailbox/after-stand-down.js';
import { MailboxAccess, type OpenedMailbox } from '../mailbox/mailbox-access.js';
import { Mailbox, type SentChoices } from '../mailbox/mailbox.js';
import { hashOf } from './parameters.js';
import { problemOf } from './refusal-problems.js';

interface MailboxAnswer {
  readonly alertId: string;
  readonly view: AlertView;
  /** The end of the defender's own messages: what the next one continues from. */
  readonly lastSeq: number;
  readonly lastHash: string;
  readonly sent: SentChoices;
  readonly messages: readonly { readonly id: string; readonly kind: number; readonly receivedAt: string; readonly bytes: number }[];
}

/** What a defender finds when they come back with their words. */
@Controller('api/v1/mailbox')
export class MailboxController {
  constructor(
    @Inject(MailboxAccess) private readonly access: MailboxAccess,
    @Inject(Mailbox) private readonly mailbox: Mailbox,
    @Inject(AlertViews) private readonly views: AlertViews,
    @Inject(Database) private readonly database: Database,
  ) {}

  /** The true state of the alert, and what waits; after a request to stop, what may be seen over a shoulder. */
  @Get()
  async open(@Headers('authorization') authorization: string | undefined): Promise<MailboxAnswer> {
    const owned = await this.owned(authorization);
    const view = await this.views.read(this.database, owned.coalitionId, owned.alertId);
    if (view === null) throw new Error('an accepted alert has no ladder');
    const { lastSeq, lastHash } = await this.mailbox.chainEnd(this.database, owned);
    const messages = await this.mailbox.list(this.database, owned);
    return {
      alertId: toHex(owned.alertId),
      view: afterStandDown(view),
      lastSeq,
      lastHash: toBase64url(lastHash),
      sent: await this.mailbox.sentChoices(this.database, owned),
      messages: messages.map((each) => ({ ...each, receivedAt: each.receivedAt.toISOString() })),
    };
  }

  /** The sealed bytes of one reply. */
  @Get('messages/:id')
  @Header('content-type', BYTES_TYPE)
  async read(@Headers('authorization') authorization: string | undefined, @Param('id') id: string): Promise<StreamableFile> {
    const bytes = await this.mailbox.read(this.database, await this.owned(authorization), hashOf(id));
    if (bytes === null) throw problemOf({ refused: 'unknown-message' });
    return new StreamableFile(bytes);
  }

  /** The defender has seen a reply: it is deleted here. */
  @Delete('messages/:id')
  @HttpCode(204)
  async confirm(@Headers('authorization') authorization: string | undefined, @Param('id') id: string): Promise<void> {
    await this.mailbox.confirm(this.database, await this.owned(authorization), hashOf(id));
  }

  private async owned(authorization: string | undefined): Promise<OpenedMailbox> {
    const mailbox = await this.access.open(this.database, authorization);
    if (mailbox === null) throw problemOf({ refused: 'unknown-mailbox' });
    return mailbox;
  }
}
