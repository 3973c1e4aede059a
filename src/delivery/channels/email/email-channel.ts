import type { AttemptOutcome } from '../../../domain/delivery-outcome.js';
import type { MailConfig } from '../../../platform/config/slices.js';
import type { Channel, OutgoingMessage } from '../../channel.js';
import type { MessageTexts } from '../../message-texts.js';
import type { BounceAddresses } from './bounce-address.js';
import { composeEncrypted, composePlain, type MailParts } from './compose-mail.js';
import { outcomeOfFailure } from './smtp-outcome.js';
import { sendBySmtp, smtpServerOf, type SmtpServer } from './smtp-send.js';

/** Mail over SMTP: without content, in the contact's language, encrypted to their key where there is one. */
export class EmailChannel implements Channel {
  readonly key = 'email';
  readonly capabilities;
  private readonly server: SmtpServer;

  /**
   * Reads the files that the configuration names; a missing password stops the start, not the first mail.
   *
   * @param deskUrl the only link in a mail
   * @param bounces signed return addresses; null: mails return to the sender address, where nobody of ours looks
   */
  constructor(
    private readonly config: MailConfig,
    private readonly deskUrl: string,
    private readonly texts: MessageTexts,
    private readonly bounces: BounceAddresses | null,
  ) {
    this.capabilities = { encrypts: true, reportsFailureLater: bounces !== null, proof: 'code' as const };
    this.server = smtpServerOf(config);
  }

  async send(message: OutgoingMessage, { signal }: { readonly signal: AbortSignal }): Promise<AttemptOutcome> {
    const { bytes, note } = await this.compose(message);
    const from = this.bounces?.addressFor(message.deliveryId) ?? this.config.from;
    const result = await sendBySmtp(this.server, { from, to: message.address }, bytes, signal);
    if (!result.accepted) return outcomeOfFailure(result.failure);
    return { kind: 'accepted', code: `smtp-${result.responseCode}${note}`, providerMessageId: result.queueId };
  }

  /** A key that cannot be used must not cost the notice: it says nothing, so it goes in clear, and that is recorded. */
  private async compose(message: OutgoingMessage): Promise<{ bytes: Buffer; note: string }> {
    const domain = this.config.from.slice(this.config.from.lastIndexOf('@') + 1);
    const parts: MailParts = {
      text: this.texts.textFor(message),
      deskUrl: this.deskUrl,
      from: { name: this.config.fromName, address: this.config.from },
      to: message.address,
      messageId: `<${message.deliveryId}@${domain}>`,
      lang: message.lang,
    };
    if (message.pgpKey === null) return { bytes: await composePlain(parts), note: '' };
    const encrypted = await composeEncrypted(parts, message.pgpKey);
    if ('bytes' in encrypted) return { bytes: encrypted.bytes, note: '-encrypted' };
    return { bytes: await composePlain(parts), note: `-plain-${encrypted.unusable}` };
  }
}
