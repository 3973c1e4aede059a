import { encodeSubmission, fromBase64url, solveAdmission, toBase64url, type SubmissionHeader } from '@jardam/protocol';
import { BYTES_TYPE, SUBMISSION_TYPE } from '../../src/platform/http/body-parsers.js';
import type { AlertOptions, SealedAlert } from './sealed-alert.js';
import { sealAlert } from './sealed-alert.js';
import type { Coalition } from './coalition.js';

/** An answer of the service with its body read. */
export interface Reply {
  readonly status: number;
  readonly headers: Headers;
  /** Parsed when it is JSON or problem details, else null. */
  readonly json: Record<string, unknown>;
  readonly bytes: Buffer;
}

/** The service as a defender's device talks to it, over real HTTP. */
export class Defender {
  constructor(private readonly url: string) {}

  async ask(method: string, path: string, options: { body?: Uint8Array | object; type?: string; token?: Uint8Array; headers?: Record<string, string> } = {}): Promise<Reply> {
    const { body, token } = options;
    const bytes = body instanceof Uint8Array;
    const response = await fetch(`${this.url}/api/v1${path}`, {
      method,
      headers: {
        ...(body === undefined ? {} : { 'content-type': options.type ?? (bytes ? BYTES_TYPE : 'application/json') }),
        ...(token === undefined ? {} : { authorization: `Bearer ${toBase64url(token)}` }),
        ...options.headers,
      },
      ...(body === undefined ? {} : { body: bytes ? Buffer.from(body) : JSON.stringify(body) }),
    });
    const received = Buffer.from(await response.arrayBuffer());
    const isJson = response.headers.get('content-type')?.includes('json') ?? false;
    return {
      status: response.status,
      headers: response.headers,
      json: isJson && received.length > 0 ? (JSON.parse(received.toString()) as Record<string, unknown>) : {},
      bytes: received,
    };
  }

  send(submission: Uint8Array): Promise<Reply> {
    return this.ask('POST', '/alerts', { body: submission, type: SUBMISSION_TYPE });
  }

  sendMessage(alert: SealedAlert, envelope: Uint8Array): Promise<Reply> {
    return this.ask('POST', `/alerts/${alert.alertIdHex}/messages`, { body: envelope });
  }

  mailbox(alert: SealedAlert): Promise<Reply> {
    return this.ask('GET', '/mailbox', { token: alert.sender.mailboxToken });
  }

  /** Seals a report and sends it as the page does: with the proof of work that is asked for, and again when the
   *  difficulty rose meanwhile. Tells the bits that were solved last. */
  async sendWorking(coalition: Coalition, options: AlertOptions): Promise<{ reply: Reply; bits: number; attempts: number }> {
    const alert = sealAlert(coalition, options);
    let challenge = (await this.ask('GET', '/admission')).json as unknown as Challenge;
    for (let attempts = 1; ; attempts++) {
      const admission = await solve(coalition, alert, challenge);
      const reply = await this.send(withAdmission(alert, admission));
      if (reply.status !== 429 || attempts === 5) return { reply, bits: challenge.bits, attempts };
      challenge = reply.json['admission'] as Challenge;
    }
  }
}

export interface Challenge {
  readonly token: string;
  readonly challenge: string;
  readonly bits: number;
  readonly expiresAt: string;
}

/** Solves a challenge for this alert. */
export async function solve(coalition: Coalition, alert: SealedAlert, { token, challenge, bits }: Challenge): Promise<NonNullable<SubmissionHeader['admission']>> {
  const nonce = await solveAdmission(coalition.p, fromBase64url(challenge, 32) ?? new Uint8Array(), alert.alertId, bits);
  return { challenge: token, nonce: String(nonce) };
}

/** The same alert with a solved challenge in its header. */
export function withAdmission(alert: SealedAlert, admission: NonNullable<SubmissionHeader['admission']>): Uint8Array {
  return encodeSubmission({ ...alert.header, admission }, alert.envelope.bytes);
}
