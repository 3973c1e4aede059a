import { z } from 'zod';
import {
  ackProof,
  encodeStatement,
  fromBase64url,
  openEnvelope,
  signInMessage,
  signStatement,
  solveAdmission,
  toBase64url,
  toHex,
  type Primitives,
  type Statement,
} from '@jardam/protocol';
import { BYTES_TYPE, SUBMISSION_TYPE } from '../../platform/http/body-parsers.js';
import { WATCH_TIER, type Robot } from './robot.js';
import type { SyntheticReport } from './seal-synthetic.js';

const requestTimeoutMs = 20_000;
/** The difficulty may rise between asking and sending. */
const admissionAttempts = 3;

const bytes32 = z.string().transform((text, context) => {
  const bytes = fromBase64url(text, 32);
  if (bytes !== null) return bytes;
  context.addIssue({ code: 'custom', message: '32 bytes as base64url' });
  return z.NEVER;
});
const challengeAnswer = z.object({ challenge: bytes32 });
const sessionAnswer = z.object({ token: z.string() });
const queueAnswer = z.object({ alerts: z.array(z.object({ alertId: z.string(), state: z.string(), myTiers: z.array(z.int()) })) });
const fileAnswer = z.object({
  tag: bytes32,
  view: z.object({ gen: z.int() }),
  chainHead: z.object({ hash: bytes32 }),
  envelopes: z.array(z.object({ kind: z.int(), envelopeHash: z.string(), hh: bytes32 })),
});
const admissionAnswer = z.object({ token: z.string(), challenge: bytes32, bits: z.int() });

/** What the robot does over HTTP, through whatever stands in front of the service: what a phone and a desk do. */
export class RobotClient {
  constructor(
    private readonly p: Primitives,
    private readonly robot: Robot,
    private readonly instanceId: Uint8Array,
    /** Origin of the service. */
    private readonly origin: string,
  ) {}

  /** Posts a report. @returns false when it was not accepted */
  async report(report: SyntheticReport): Promise<boolean> {
    let submission = report.submission();
    for (let attempt = 1; ; attempt++) {
      const answer = await this.ask('POST', '/alerts', { body: submission, type: SUBMISSION_TYPE });
      if (answer.status === 201 || answer.status === 200) return true;
      if (answer.status !== 429 || attempt === admissionAttempts) return false;
      const { token, challenge, bits } = admissionAnswer.parse(await (await this.ask('GET', '/admission')).json());
      const nonce = await solveAdmission(this.p, challenge, report.alertId, bits);
      submission = report.submission({ challenge: token, nonce: String(nonce) });
    }
  }

  /**
   * Opens the desk, takes what waits, and closes it.
   *
   * @param how `answered`: acknowledge first, as somebody who was told; `given-up`: only close
   * @returns hexadecimal ids of the reports that were closed
   */
  async clearDesk(how: 'answered' | 'given-up'): Promise<string[]> {
    const token = await this.signIn();
    const { alerts } = queueAnswer.parse(await this.read('/desk/alerts', token));
    const cleared: string[] = [];
    for (const { alertId, state, myTiers } of alerts) {
      if (!myTiers.includes(WATCH_TIER)) continue;
      if (how === 'answered' && state === 'notifying') await this.act(alertId, token, 'ack');
      await this.act(alertId, token, 'close', { outcome: how === 'answered' ? 'resolved' : 'false_alarm' });
      cleared.push(alertId);
    }
    return cleared;
  }

  private async signIn(): Promise<string> {
    const rid = toHex(this.robot.rid);
    const asked = await this.ask('POST', '/desk/challenges', { json: { rid } });
    const { challenge } = challengeAnswer.parse(await asked.json());
    const signature = this.p.ed25519.sign(signInMessage(this.p, this.instanceId, challenge, this.robot.rid), this.robot.keys.signSeed);
    const signedIn = await this.ask('POST', '/desk/sessions', { json: { rid, challenge: toBase64url(challenge), signature: toBase64url(signature) } });
    if (signedIn.status !== 201) throw new Error(`the robot could not sign in: ${signedIn.status}; is it in the roster?`);
    return sessionAnswer.parse(await signedIn.json()).token;
  }

  private async act(alertId: string, token: string, type: 'ack' | 'close', detail: object = {}): Promise<void> {
    const file = fileAnswer.parse(await this.read(`/desk/alerts/${alertId}`, token));
    const report = file.envelopes.find(({ kind }) => kind === 1);
    if (!report) throw new Error('a synthetic report has no envelope');
    const statement: Statement = {
      type,
      tag: file.tag,
      hh: report.hh,
      tier: WATCH_TIER,
      gen: file.view.gen,
      time: Date.now(),
      prevEventHash: file.chainHead.hash,
      rid: this.robot.rid,
      detail: JSON.stringify(detail),
    };
    const bytes = encodeStatement(statement);
    const signature = signStatement(this.p, bytes, this.robot.keys.signSeed);
    const proof = type === 'ack' ? { proof: toBase64url(ackProof(this.p, await this.contentKey(alertId, report.envelopeHash, token), this.robot.rid, statement.time)) } : {};
    const answer = await this.ask('POST', `/desk/alerts/${alertId}/statements`, { token, json: { statement: toBase64url(bytes), signature: toBase64url(signature), ...proof } });
    if (!answer.ok) throw new Error(`the robot's ${type} was refused: ${answer.status}`);
  }

  /** Really opens the report: an acknowledgement proves that its author could. */
  private async contentKey(alertId: string, envelopeHash: string, token: string): Promise<Uint8Array> {
    const answer = await this.ask('GET', `/desk/alerts/${alertId}/envelopes/${envelopeHash}`, { token });
    if (answer.headers.get('content-type') !== BYTES_TYPE) throw new Error(`the robot got no envelope: ${answer.status}`);
    const opened = openEnvelope(this.p, new Uint8Array(await answer.arrayBuffer()), { kemSecretKeys: [this.robot.keys.kem.secretKey], releaseKeys: new Map() });
    return opened.contentKey;
  }

  private async read(path: string, token: string): Promise<unknown> {
    const answer = await this.ask('GET', path, { token });
    if (!answer.ok) throw new Error(`the robot could not read the desk: ${answer.status}`);
    return answer.json();
  }

  private ask(method: string, path: string, parts: { readonly token?: string; readonly json?: object; readonly body?: Uint8Array; readonly type?: string } = {}): Promise<Response> {
    const { token, json, body, type } = parts;
    const content = json === undefined ? body?.slice() : JSON.stringify(json);
    return fetch(`${this.origin}/api/v1${path}`, {
      method,
      redirect: 'error',
      signal: AbortSignal.timeout(requestTimeoutMs),
      headers: {
        ...(content === undefined ? {} : { 'content-type': type ?? 'application/json' }),
        ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
      },
      ...(content === undefined ? {} : { body: content }),
    });
  }
}
