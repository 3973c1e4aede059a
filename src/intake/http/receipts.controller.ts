import { Body, Controller, Get, Header, Headers, HttpCode, Inject, Param, Put, StreamableFile } from '@nestjs/common';
import { wrappedSecretBytes } from '@jardam/protocol';
import { Database } from '../../platform/database/database.js';
import { BYTES_TYPE } from '../../platform/http/body-parsers.js';
import { problem } from '../../platform/http/problem.js';
import { MailboxAccess } from '../mailbox/mailbox-access.js';
import { Receipts } from '../mailbox/receipts.js';
import { bytesOf, hashOf } from './parameters.js';
import { problemOf } from './refusal-problems.js';

/** What seven words lead to. */
@Controller('api/v1/receipts/:locator')
export class ReceiptsController {
  constructor(
    @Inject(Receipts) private readonly receipts: Receipts,
    @Inject(MailboxAccess) private readonly access: MailboxAccess,
    @Inject(Database) private readonly database: Database,
  ) {}

  /** Keeps the wrapped secret; after 204 the words count. */
  @Put()
  @HttpCode(204)
  async store(
    @Param('locator') locator: string,
    @Headers('authorization') authorization: string | undefined,
    @Body() body: unknown,
  ): Promise<void> {
    const wrapped = bytesOf(body);
    if (wrapped.length !== wrappedSecretBytes) {
      throw problem(400, 'bad-receipt', 'A wrapped secret has another length', `Exactly ${wrappedSecretBytes} bytes are taken here.`);
    }
    const name = hashOf(locator);
    const outcome = await this.database.transaction(async (tx) => {
      const mailbox = await this.access.open(tx, authorization);
      return mailbox === null ? { refused: 'unknown-mailbox' } : this.receipts.store(tx, mailbox, name, wrapped);
    });
    if (typeof outcome === 'object') throw problemOf(outcome);
  }

  /** Always 200 and 48 bytes. Whether words are right shows only when the bytes open. */
  @Get()
  @Header('content-type', BYTES_TYPE)
  async read(@Param('locator') locator: string): Promise<StreamableFile> {
    return new StreamableFile(await this.receipts.read(hashOf(locator)));
  }
}
