import type { MailConfig } from '../../platform/config/slices.js';
import { mailTransport } from '../mail-transport.js';
import { ok, problem, unreachable, type Finding } from './finding.js';

/** Connects to the mail server, with TLS and sign-in as configured; sends nothing. */
export async function checkMail(config: MailConfig): Promise<Finding> {
  const server = `${config.host}:${config.port}`;
  try {
    const transport = mailTransport(config);
    try {
      await transport.verify();
    } finally {
      transport.close();
    }
    return ok('mail', `${server} answers (${config.security}${config.user === undefined ? '' : ', signed in'})`);
  } catch (error) {
    const code = (error as { code?: unknown }).code;
    switch (code) {
      case 'EAUTH':
        return problem('mail', `${server} refuses the user or the password`);
      case 'ETLS':
      case 'EPROTOCOL':
        return problem('mail', `${server} does not offer the configured encryption (${config.security})`);
      case 'ENOENT':
      case 'EACCES':
        return problem('mail', 'the password or certificate file cannot be read');
      default:
        return unreachable('mail', `${server} does not answer${typeof code === 'string' ? ` (${code})` : ''}`);
    }
  }
}
