import { Body, Controller, Head, Headers, HttpCode, Inject, Param, Patch, Put, Res } from '@nestjs/common';
import type { FastifyReply } from 'fastify';
import { z } from 'zod';
import { fromBase64url } from '@jardam/protocol';
import { Database, type Tx } from '../../platform/database/database.js';
import { problem } from '../../platform/http/problem.js';
import { Attachments, type UploadState } from '../attachments/attachments.js';
import { MailboxAccess, type OpenedMailbox } from '../mailbox/mailbox-access.js';
import { bytesOf, idOf } from './parameters.js';
import { problemOf, type Refusal } from './refusal-problems.js';

// Unknown members are ignored and not named: an answer repeats nothing that a caller made up.
const announcement = z.object({
  totalBytes: z.int().min(1).max(Number.MAX_SAFE_INTEGER),
  /** BLAKE2b-256 of all bytes. */
  hash: z.string().regex(/^[A-Za-z0-9_-]{43}$/, '43 characters of base64url'),
});

const offsetPattern = /^\d{1,15}$/;

/** Sealed files in parts that can be resumed. Whoever holds the alert's mailbox token may add to it. */
@Controller('api/v1/alerts/:alertId/objects/:objectId')
export class AttachmentsController {
  constructor(
    @Inject(Attachments) private readonly attachments: Attachments,
    @Inject(MailboxAccess) private readonly access: MailboxAccess,
    @Inject(Database) private readonly database: Database,
  ) {}

  /** Announces a file: 201, or how far it has come when it was announced before. */
  @Put()
  @HttpCode(201)
  async announce(
    @Param('alertId') alertId: string,
    @Param('objectId') objectId: string,
    @Headers('authorization') authorization: string | undefined,
    @Body() body: unknown,
  ): Promise<{ receivedBytes: number; totalBytes: number; complete: boolean }> {
    const { totalBytes, hash: text } = announcement.parse(body);
    const hash = fromBase64url(text, 32);
    if (hash === null) throw problem(400, 'invalid-request', 'The request does not have the right form', 'hash: 32 bytes as base64url');
    return this.asOwner(alertId, authorization, (tx, mailbox) =>
      this.attachments.create(tx, mailbox, { objectId: idOf(objectId), totalBytes, hash }),
    );
  }

  /** Upload-Offset and Upload-Length: where to go on after a broken connection. */
  @Head()
  async progress(
    @Param('alertId') alertId: string,
    @Param('objectId') objectId: string,
    @Headers('authorization') authorization: string | undefined,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<void> {
    const state = await this.asOwner(
      alertId,
      authorization,
      async (tx, mailbox) => (await this.attachments.state(tx, mailbox, idOf(objectId))) ?? { refused: 'unknown-attachment' },
    );
    tell(reply, state);
  }

  /** Appends a part at Upload-Offset: 204 and the new offset. */
  @Patch()
  @HttpCode(204)
  async append(
    @Param('alertId') alertId: string,
    @Param('objectId') objectId: string,
    @Headers('authorization') authorization: string | undefined,
    @Headers('upload-offset') offset: string | undefined,
    @Body() body: unknown,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<void> {
    if (offset === undefined || !offsetPattern.test(offset)) {
      throw problem(400, 'invalid-request', 'The request does not have the right form', 'Upload-Offset: a number of bytes');
    }
    const part = { objectId: idOf(objectId), offset: Number(offset), bytes: bytesOf(body) };
    const state = await this.asOwner(alertId, authorization, (tx, mailbox) => this.attachments.append(tx, mailbox, part), reply);
    tell(reply, state);
  }

  /** The transaction ends before a refusal is thrown: what was thrown away as damaged stays thrown away. */
  private async asOwner<T extends object>(
    alertId: string,
    authorization: string | undefined,
    work: (tx: Tx, mailbox: OpenedMailbox) => Promise<T | Refusal>,
    reply?: FastifyReply,
  ): Promise<Exclude<T, Refusal>> {
    const id = idOf(alertId);
    const outcome = await this.database.transaction(async (tx): Promise<T | Refusal> => {
      const mailbox = await this.access.openFor(tx, authorization, id);
      return mailbox === null ? { refused: 'unknown-mailbox' } : work(tx, mailbox);
    });
    if (!('refused' in outcome)) return outcome as Exclude<T, Refusal>;
    if (outcome.refused === 'wrong-offset' && reply !== undefined) void reply.header('upload-offset', String(outcome['offset']));
    throw problemOf(outcome);
  }
}

function tell(reply: FastifyReply, { receivedBytes, totalBytes }: UploadState): void {
  void reply.headers({ 'upload-offset': String(receivedBytes), 'upload-length': String(totalBytes) });
}
