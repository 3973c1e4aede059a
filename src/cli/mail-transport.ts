import { readFileSync } from 'node:fs';
import { createTransport, type Transporter } from 'nodemailer';
import type { MailConfig } from '../platform/config/slices.js';

/** A connection to the mail server under the same rules as the service's own: TLS as configured, never silently less. */
export function mailTransport(config: MailConfig): Transporter {
  const { host, port, security, user, passwordFile, caFile } = config;
  return createTransport({
    host,
    port,
    name: config.helloName,
    secure: security === 'tls',
    requireTLS: security === 'starttls',
    ignoreTLS: security === 'none',
    connectionTimeout: config.connectTimeoutMs,
    greetingTimeout: config.connectTimeoutMs,
    socketTimeout: config.socketTimeoutMs,
    ...(caFile === undefined ? {} : { tls: { ca: readFileSync(caFile, 'utf8') } }),
    ...(user === undefined ? {} : { auth: { user, pass: passwordFile === undefined ? '' : readFileSync(passwordFile, 'utf8').trim() } }),
  });
}
