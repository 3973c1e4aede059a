import { smtpServerOf, tryServer } from '../../delivery/channels/email/smtp-send.js';
import type { MailConfig } from '../../platform/config/slices.js';
import { ok, problem, unreachable, type Finding } from './finding.js';

const timeoutMs = 15_000;

/** Connects to the mail server, with TLS and sign-in as configured; sends nothing. */
export async function checkMail(config: MailConfig): Promise<Finding> {
  const server = `${config.host}:${config.port}`;
  let failure: Awaited<ReturnType<typeof tryServer>>;
  try {
    failure = await tryServer(smtpServerOf(config), AbortSignal.timeout(timeoutMs));
  } catch {
    return problem('mail', 'the password or certificate file cannot be read');
  }
  if (failure === null) return ok('mail', `${server} answers (${config.security}${config.user === undefined ? '' : ', signed in'})`);
  switch (failure.code) {
    case 'EAUTH':
      return problem('mail', `${server} refuses the user or the password`);
    case 'ETLS':
    case 'EPROTOCOL':
      return problem('mail', `${server} does not offer the configured encryption (${config.security})`);
    default:
      return unreachable('mail', `${server} does not answer (${failure.code})`);
  }
}
