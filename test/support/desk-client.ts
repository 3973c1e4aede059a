import { fromBase64url, toBase64url, type StatementType } from '@jardam/protocol';
import { SUBMISSION_TYPE } from '../../src/platform/http/body-parsers.js';
import { answerChallenge, type Coalition, type Person } from './coalition.js';
import { signAct, type SealedAlert, type SignedAct } from './sealed-alert.js';

/** One answer of the service, read to its end. */
export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly bytes: Uint8Array;
  /** The body as JSON; throws when it is none. */
  json<T = Record<string, unknown>>(): T;
}

export interface RequestParts {
  readonly token?: string;
  readonly json?: unknown;
  readonly bytes?: Uint8Array;
  readonly contentType?: string;
  readonly headers?: Record<string, string>;
}

/** One request under /api/v1. */
export async function request(origin: string, method: string, path: string, parts: RequestParts = {}): Promise<Answer> {
  const headers: Record<string, string> = { ...parts.headers };
  if (parts.token !== undefined) headers.authorization = `Bearer ${parts.token}`;
  let body: string | Uint8Array<ArrayBuffer> | undefined;
  if (parts.bytes !== undefined) {
    headers['content-type'] = parts.contentType ?? 'application/octet-stream';
    body = new Uint8Array(parts.bytes);
  } else if (parts.json !== undefined) {
    headers['content-type'] = 'application/json';
    body = JSON.stringify(parts.json);
  }
  const response = await fetch(`${origin}/api/v1${path}`, { method, headers, ...(body === undefined ? {} : { body }) });
  const bytes = new Uint8Array(await response.arrayBuffer());
  return {
    status: response.status,
    headers: response.headers,
    bytes,
    json: <T>() => JSON.parse(new TextDecoder().decode(bytes)) as T,
  };
}

/** Sends a sealed alert as the defender's page does; throws when it is not accepted. */
export async function submit(origin: string, alert: SealedAlert): Promise<void> {
  const answer = await request(origin, 'POST', '/alerts', { bytes: alert.submission, contentType: SUBMISSION_TYPE });
  if (answer.status !== 201) throw new Error(`the alert was not accepted: ${answer.status} ${new TextDecoder().decode(answer.bytes)}`);
}

/** A person at the desk, signed in. */
export interface DeskClient {
  readonly person: Person;
  readonly token: string;
  get(path: string): Promise<Answer>;
  send(method: string, path: string, parts?: Omit<RequestParts, 'token'>): Promise<Answer>;
  /** Signs an act on the latest event of the alert, and sends it. */
  act(alert: SealedAlert, type: StatementType, more?: { detail?: object; gen?: number; tier?: number }): Promise<Answer>;
  /** What `act` would send. */
  sign(alert: SealedAlert, type: StatementType, more?: { detail?: object; gen?: number; tier?: number }): Promise<SignedAct>;
}

/** Asks for a challenge and answers it. */
export async function trySignIn(origin: string, coalition: Coalition, person: Person): Promise<Answer> {
  const asked = await request(origin, 'POST', '/desk/challenges', { json: { rid: person.ridHex } });
  const challenge = fromBase64url(asked.json<{ challenge: string }>().challenge, 32);
  if (challenge === null) throw new Error('the challenge is not 32 bytes');
  const signature = answerChallenge(coalition, person, challenge);
  return request(origin, 'POST', '/desk/sessions', {
    json: { rid: person.ridHex, challenge: toBase64url(challenge), signature: toBase64url(signature) },
  });
}

export async function signIn(origin: string, coalition: Coalition, person: Person): Promise<DeskClient> {
  const answer = await trySignIn(origin, coalition, person);
  if (answer.status !== 201) throw new Error(`${person.name} could not sign in: ${answer.status}`);
  const { token } = answer.json<{ token: string }>();
  const get = (path: string): Promise<Answer> => request(origin, 'GET', path, { token });
  const sign: DeskClient['sign'] = async (alert, type, more = {}) => {
    const file = await get(`/desk/alerts/${alert.alertIdHex}`);
    if (file.status !== 200) throw new Error(`${person.name} cannot see the alert`);
    const { chainHead, view } = file.json<{ chainHead: { hash: string }; view: { gen: number } }>();
    const prevEventHash = fromBase64url(chainHead.hash, 32);
    if (prevEventHash === null) throw new Error('the head of the chain is not 32 bytes');
    return signAct(coalition, person, alert, { type, prevEventHash, gen: view.gen, ...more });
  };
  return {
    person,
    token,
    get,
    send: (method, path, parts = {}) => request(origin, method, path, { ...parts, token }),
    sign,
    act: async (alert, type, more) => {
      const { body } = await sign(alert, type, more);
      return request(origin, 'POST', `/desk/alerts/${alert.alertIdHex}/statements`, { token, json: body });
    },
  };
}
