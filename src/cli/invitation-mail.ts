import MailComposer from 'nodemailer/lib/mail-composer';
import { sendBySmtp, smtpServerOf } from '../delivery/channels/email/smtp-send.js';
import type { MailConfig } from '../platform/config/slices.js';
import { CliFailure, EXIT } from './failure.js';

/** A greylisting server answers at once, a slow one within this. */
const sendTimeoutMs = 30_000;

/**
 * Mails an invitation: neutral, because a mailbox is seen over a shoulder and the mail server reads along.
 *
 * @throws CliFailure when the mail was not taken; the invitation then stays unused and ends by itself
 */
export async function mailInvitation(config: MailConfig, { address, link, until }: { address: string; link: string; until: string }): Promise<void> {
  const mail = new MailComposer({
    from: { name: config.fromName, address: config.from },
    to: { name: '', address },
    subject: 'Your link',
    text: `This is the link that you were told about:\n${link}\nIt works once, until ${until}. Did you not expect it? Then ignore this message.\n`,
    xMailer: false,
    disableFileAccess: true,
    disableUrlAccess: true,
    newline: 'win',
  });
  const bytes = await mail.compile().build();
  const result = await sendBySmtp(smtpServerOf(config), { from: config.from, to: address }, bytes, AbortSignal.timeout(sendTimeoutMs));
  if (result.accepted) return;
  const refused = result.failure.responseCode !== null;
  throw new CliFailure(
    refused ? 'the mail server refused the mail; the invitation was not delivered' : 'the mail server does not answer; the invitation was not delivered',
    refused ? EXIT.problem : EXIT.unreachable,
  );
}
