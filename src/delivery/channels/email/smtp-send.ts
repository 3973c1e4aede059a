import { Readable } from 'node:stream';
import SMTPConnection from 'nodemailer/lib/smtp-connection';
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
 * One mail in one conversation on a connection of its own.
 *
 * nodemailer's pool is not used: it requeues by itself after a lost connection, which here would be a second send that
 * nobody counted, and its few connections would let one slow recipient hold up the others. Its transport is not used
 * either: it does not tell whether the text had begun to leave when a connection broke, and that is the difference
 * between "not sent" and "perhaps sent".
 */
export async function sendBySmtp(server: SmtpServer, envelope: SmtpEnvelope, raw: Buffer, signal: AbortSignal): Promise<SmtpResult> {
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
  const progress = { dataStarted: false };
  return new Promise<SmtpResult>((resolve) => {
    const finish = (result: SmtpResult): void => {
      signal.removeEventListener('abort', onAbort);
      if (result.accepted) connection.quit();
      else connection.close();
      resolve(result);
    };
    const fail = (error: unknown): void => finish({ accepted: false, failure: failureOf(error, progress.dataStarted) });
    const onAbort = (): void => fail({ code: 'ETIMEDOUT', command: 'CONN' });
    if (signal.aborted) return fail({ code: 'ETIMEDOUT', command: 'CONN' });
    signal.addEventListener('abort', onAbort);
    connection.on('error', fail);

    const send = (): void =>
      connection.send({ from: envelope.from, to: [envelope.to], size: raw.length }, lazily(raw, progress), (error, info) => {
        if (error) return fail(error);
        finish({ accepted: true, responseCode: codeOf(info?.response ?? ''), queueId: queueIdOf(info?.response ?? '') });
      });
    connection.connect((error) => {
      if (error) return fail(error);
      if (server.credentials === null) return send();
      connection.login({ credentials: { ...server.credentials } }, (refused) => (refused ? fail(refused) : send()));
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
