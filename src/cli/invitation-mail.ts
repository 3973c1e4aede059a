import type { MailConfig } from '../platform/config/slices.js';
import { CliFailure, EXIT } from './failure.js';
import { mailTransport } from './mail-transport.js';

/**
 * Mails an invitation: neutral, because a mailbox is seen over a shoulder and the mail server reads along.
 *
 * @throws CliFailure when the mail was not taken; the invitation then stays unused and ends by itself
 */
export async function mailInvitation(config: MailConfig, { address, link, until }: { address: string; link: string; until: string }): Promise<void> {
  const transport = mailTransport(config);
  try {
    await transport.sendMail({
      from: { name: config.fromName, address: config.from },
      to: address,
      subject: 'Your link',
      text: `This is the link that you were told about:\n${link}\nIt works once, until ${until}. Did you not expect it? Then ignore this message.\n`,
    });
  } catch (error) {
    const refused = typeof (error as { responseCode?: unknown }).responseCode === 'number';
    throw new CliFailure(
      refused ? 'the mail server refused the mail; the invitation was not delivered' : 'the mail server does not answer; the invitation was not delivered',
      refused ? EXIT.problem : EXIT.unreachable,
    );
  } finally {
    transport.close();
  }
}
