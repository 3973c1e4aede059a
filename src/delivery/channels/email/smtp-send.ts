import { readFileSync } from 'node:fs';
import { Readable } from 'node:stream';
import SMTPConnection from 'nodemailer/lib/smtp-connection';
import type { MailConfig } from '../../../platform/config/slices.js';
import type { SmtpFailure } from './smtp-outcome.js';

export interface SmtpServer {
  readonly host: string;
  readonly port: number;
  readonly security: 'tls' | 'starttls' | 'none';
  readonly credentials: { readonly user: string; readonly pass: string } | null;
  readonly ca: string | null;
  readonly helloName: string;
  readonly connectTimeoutMs: number;
  readonly socketTimeoutMs: number;
}

export interface SmtpEnvelope {
  readonly from: string;
  readonly to: string;
}

export type SmtpResult = { readonly accepted: true; readonly responseCode: number; readonly queueId: string | null } | { readonly accepted: false; readonly failure: SmtpFailure };

/**
 * The mail server that the configuration names. Reads its password and certificate from their files.
 *
 * @throws ENOENT or EACCES when one of them cannot be read
 */
export function smtpServerOf(config: MailConfig): SmtpServer {
  const { host, port, security, user, passwordFile, caFile, helloName, connectTimeoutMs, socketTimeoutMs } = config;
  return {
    host,
    port,
    security,
    credentials: user === undefined ? null : { user, pass: passwordFile === undefined ? '' : readFileSync(passwordFile, 'utf8').trim() },
    ca: caFile === undefined ? null : readFileSync(caFile, 'utf8'),
    helloName,
    connectTimeoutMs,
    socketTimeoutMs,
  };
}

/**
 * One mail in one conversation on a connection of its own.
 *
 * nodemailer's pool is not used: it requeues by itself after a lost connection, which here would be a second send that
 * nobody counted, and its few connections would let one slow recipient hold up the others. Its transport is not used
 * either: it does not tell whether the text had begun to leave when a connection broke, and that is the difference
 * between "not sent" and "perhaps sent".
 */
export async function sendBySmtp(server: SmtpServer, envelope: SmtpEnvelope, raw: Buffer, signal: AbortSignal): Promise<SmtpResult> {
  const progress = { dataStarted: false };
  const result = await converse<SmtpResult>(server, signal, (connection, finish, fail) =>
    connection.send({ from: envelope.from, to: [envelope.to], size: raw.length }, lazily(raw, progress), (error, info) => {
      if (error) return fail(error);
      finish({ accepted: true, responseCode: codeOf(info?.response ?? ''), queueId: queueIdOf(info?.response ?? '') });
    }),
  );
  return 'error' in result ? { accepted: false, failure: failureOf(result.error, progress.dataStarted) } : result;
}

/** Connects and signs in as for a mail, and sends none. @returns what failed, or null */
export async function tryServer(server: SmtpServer, signal: AbortSignal): Promise<SmtpFailure | null> {
  const result = await converse(server, signal, (_connection, finish) => finish({ ready: true }));
  return 'error' in result ? failureOf(result.error, false) : null;
}

/** Opens a conversation under the configured rules (TLS as configured, never silently less), and ends it afterwards. */
function converse<R extends object>(
  server: SmtpServer,
  signal: AbortSignal,
  talk: (connection: SMTPConnection, finish: (result: R) => void, fail: (error: unknown) => void) => void,
): Promise<R | { readonly error: unknown }> {
  const connection = new SMTPConnection({
    host: server.host,
    port: server.port,
    secure: server.security === 'tls',
    requireTLS: server.security === 'starttls',
    ignoreTLS: server.security === 'none',
    name: server.helloName,
    connectionTimeout: server.connectTimeoutMs,
    greetingTimeout: server.connectTimeoutMs,
    dnsTimeout: server.connectTimeoutMs,
    socketTimeout: server.socketTimeoutMs,
    socketCloseTimeout: 0,
    logger: false,
    ...(server.ca === null ? {} : { tls: { ca: server.ca } }),
  });
  return new Promise((resolve) => {
    const end = (result: R | { readonly error: unknown }): void => {
      signal.removeEventListener('abort', onAbort);
      if ('error' in result) connection.close();
      else connection.quit();
      resolve(result);
    };
    const fail = (error: unknown): void => end({ error });
    const onAbort = (): void => fail({ code: 'ETIMEDOUT', command: 'CONN' });
    if (signal.aborted) return onAbort();
    signal.addEventListener('abort', onAbort);
    connection.on('error', fail);
    connection.connect((error) => {
      if (error) return fail(error);
      if (server.credentials === null) return talk(connection, end, fail);
      connection.login({ credentials: { ...server.credentials } }, (refused) => (refused ? fail(refused) : talk(connection, end, fail)));
    });
  });
}

/** nodemailer reads the message only after the server has said 354: the first read is the moment from which it may be taken. */
function lazily(raw: Buffer, progress: { dataStarted: boolean }): Readable {
  return new Readable({
    read() {
      progress.dataStarted = true;
      this.push(raw);
      this.push(null);
    },
  });
}

function failureOf(error: unknown, dataStarted: boolean): SmtpFailure {
  const { responseCode, response, command, code, originalCode } = (error ?? {}) as Record<string, unknown>;
  return {
    responseCode: typeof responseCode === 'number' ? responseCode : null,
    response: typeof response === 'string' ? response : '',
    command: typeof command === 'string' ? command : 'CONN',
    code: shortCode(originalCode) ?? shortCode(code) ?? 'unknown',
    dataStarted,
  };
}

function shortCode(code: unknown): string | null {
  return typeof code === 'string' && /^[A-Z_]{2,32}$/.test(code) ? code : null;
}

function codeOf(response: string): number {
  return Number(/^\d{3}/.exec(response)?.[0] ?? 250);
}

/** "250 2.0.0 Ok: queued as 4F2A…" of Postfix and others: with it an operator finds the mail in the mail server's log. */
function queueIdOf(response: string): string | null {
  return /queued as ([A-Za-z0-9._-]{1,64})/i.exec(response)?.[1] ?? null;
}
