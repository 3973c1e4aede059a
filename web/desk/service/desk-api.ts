// The responders' HTTP as the page sees it (docs/api-desk.md). Ids are hexadecimal, keys and hashes base64url.
import type { SignedRoster } from '@jardam/protocol';
import type { AlertState, AlertView, LocalText } from '../../common/alert-view.js';
import { requestBytes, requestDone, requestJson, type Problem, type Result } from '../../common/api.js';
import type { RecordedAnswer, RecordedEvent } from '../crypto/messages.js';
import { createContactsApi, type ContactsApi } from './contacts-api.js';
import { createShiftsApi, type ShiftsApi } from './shifts-api.js';

export type DueKind = 'escalate' | 'handed_over' | 'reminder' | 'ack_expiry' | 'resume' | 'repeat';
export type Outcome = 'resolved' | 'false_alarm' | 'stood_down';

export interface Instance {
  readonly instanceId: string;
  readonly coalition: { readonly name: LocalText };
  readonly roster: { readonly version: number; readonly hash: string };
  /** `text` is the policy's canonical JSON. */
  readonly policy: { readonly text: string };
  readonly demo: boolean;
  readonly time: string;
}

/** What the desk needs of a tier: its names, and which consent it needs. */
export interface PolicyTier {
  readonly tier: number;
  readonly key: string;
  readonly name: LocalText;
  readonly consent: 'abroad' | 'eu' | 'un' | 'publication' | null;
}

/** The tiers of a policy's canonical JSON. Names and headings only: who may read is decided by seals, not by this.
 *  Empty when the text is not a policy. */
export function policyTiers(text: string): readonly PolicyTier[] {
  try {
    const { tiers } = JSON.parse(text) as { tiers: unknown };
    return Array.isArray(tiers) ? (tiers as PolicyTier[]) : [];
  } catch {
    return [];
  }
}

export interface Invitation {
  readonly org: string;
  readonly role: string;
  readonly tiers: readonly number[];
  readonly expiresAt: string;
  readonly instanceId: string;
}

export interface Session {
  readonly token: string;
  readonly rid: string;
  readonly org: string;
  readonly role: string;
  readonly tiers: readonly number[];
  readonly status: 'active' | 'probation' | 'revoked';
  readonly expiresAt: string;
}

/** A check-in about which a person has to decide: whose, only the sealed packet says. */
export interface UndeliveredCheckIn {
  /** base64url of 12 bytes. */
  readonly locator: string;
  readonly deadlineAt: string;
}

export interface QueueEntry {
  readonly alertId: string;
  /** base64url of 32 bytes. */
  readonly tag: string;
  readonly severity: AlertView['severity'];
  readonly drill: boolean;
  readonly state: AlertState;
  readonly gen: number;
  readonly tier: number;
  readonly myTiers: readonly number[];
  readonly dueAt: string | null;
  readonly dueKind: DueKind | null;
  readonly receivedAt: string;
  readonly owner: { readonly rid: string } | null;
  readonly ackedBy: readonly { readonly rid: string; readonly org: string }[];
  readonly unread: boolean;
  readonly messages: number;
}

export interface Queue {
  readonly now: string;
  /** There are more than were sent. */
  readonly more: boolean;
  readonly alerts: readonly QueueEntry[];
}

export interface EnvelopeEntry {
  readonly kind: number;
  readonly seq: number;
  readonly envelopeHash: string;
  readonly hh: string;
  readonly receivedAt: string;
  readonly authorRid: string | null;
}

export type DeskEvent = RecordedEvent;

export interface AnswerEntry extends RecordedAnswer {
  readonly org: string;
  readonly at: string;
}

export interface HandOver {
  readonly fromRid: string;
  readonly toRid: string | null;
  readonly toOrg: string | null;
  readonly askedAt: string;
  readonly acceptedAt: string | null;
  readonly acceptedBy: string | null;
}

export interface CloseRequest {
  readonly rid: string;
  readonly outcome: Outcome;
  readonly at: string;
}

export interface AlertDetail {
  readonly view: AlertView & { readonly due: { readonly at: string; readonly kind: DueKind } | null };
  readonly owner: { readonly rid: string } | null;
  readonly envelopes: readonly EnvelopeEntry[];
  readonly releaseKeys: Readonly<Record<string, string>>;
  readonly attachments: readonly { readonly objectId: string; readonly totalBytes: number; readonly complete: boolean }[];
  readonly chainHead: { readonly n: number; readonly hash: string };
  readonly rosterVersion: number;
  /** What this alert runs on; a later policy changes nothing for it. */
  readonly policy: { readonly id: string; readonly sha256: string; readonly text: string };
  readonly acks: readonly AnswerEntry[];
  readonly closeRequests: readonly CloseRequest[];
  readonly handOver: HandOver | null;
  readonly events: readonly DeskEvent[];
}

export interface StatementAnswer {
  readonly state: AlertState;
  readonly gen: number;
}

export interface Enrolment {
  readonly invitation: string;
  readonly rid: string;
  readonly sigPk: string;
  readonly kemPk: string;
  readonly possession: string;
  readonly vault: string;
  readonly vaultLocator: string;
  readonly contacts: readonly { readonly channel: 'email'; readonly address: string; readonly lang: string; readonly pgpKey?: string }[];
}

/** A large file on a slow line; everything else uses the client's default. */
const fileTimeoutMs = 10 * 60_000;

/** Requests that need no session. */
export const publicApi = {
  instance: () => requestJson<Instance>('GET', '/instance'),
  roster: () => requestJson<{ rosters: SignedRoster[] }>('GET', '/roster'),
  // Invitation and locator are capabilities: in the header and not in the address, which proxies write down.
  invitation: (token: string) => requestJson<Invitation>('GET', '/desk/invitations/current', { token }),
  enrol: (enrolment: Enrolment) => requestJson<{ rid: string }>('POST', '/desk/enrolments', { body: enrolment }),
  vault: (locator: string) => requestBytes('GET', '/desk/vaults/current', { token: locator }),
  challenge: (rid: string) =>
    requestJson<{ challenge: string; expiresAt: string }>('POST', '/desk/challenges', { body: { rid } }),
  signIn: (body: { rid: string; challenge: string; signature: string }) =>
    requestJson<Session>('POST', '/desk/sessions', { body }),
};

/** Requests of one signed-in responder. The token lives in this closure and nowhere else. */
export interface DeskApi {
  readonly contacts: ContactsApi;
  readonly shifts: ShiftsApi;
  queue(): Promise<Result<Queue>>;
  /** What was closed, the newest first. */
  closed(): Promise<Result<Queue>>;
  alert(alertId: string): Promise<Result<AlertDetail>>;
  envelope(alertId: string, envelopeHash: string): Promise<Result<Uint8Array>>;
  file(alertId: string, objectId: string): Promise<Result<Uint8Array>>;
  act(alertId: string, signed: { statement: string; signature: string; proof?: string }): Promise<Result<StatementAnswer>>;
  send(alertId: string, envelope: Uint8Array): Promise<Result<unknown>>;
  checkIns(): Promise<Result<{ readonly checkIns: readonly UndeliveredCheckIn[] }>>;
  decideCheckIn(locator: string, decision: 'send' | 'wait'): Promise<Result<null>>;
  replaceVault(body: { vault: string; signature: string }): Promise<Result<null>>;
  signOut(): Promise<Result<null>>;
  /** An open answer of text/event-stream; null when the line or the service refused. */
  stream(signal: AbortSignal): Promise<Response | null>;
}

/** `onSignedOut` is told when the service no longer knows the session. */
export function createDeskApi(token: string, onSignedOut: () => void): DeskApi {
  const watch = async <T>(request: Promise<Result<T>>): Promise<Result<T>> => {
    const answer = await request;
    if (!answer.ok && isSignedOut(answer)) onSignedOut();
    return answer;
  };
  const alertPath = (alertId: string, rest = ''): string => `/desk/alerts/${encodeURIComponent(alertId)}${rest}`;
  return {
    contacts: createContactsApi(token, watch),
    shifts: createShiftsApi(token, watch),
    queue: () => watch(requestJson('GET', '/desk/alerts', { token })),
    closed: () => watch(requestJson('GET', '/desk/alerts?closed=true', { token })),
    alert: (alertId) => watch(requestJson('GET', alertPath(alertId), { token })),
    envelope: (alertId, hash) =>
      watch(requestBytes('GET', alertPath(alertId, `/envelopes/${encodeURIComponent(hash)}`), { token })),
    file: (alertId, objectId) =>
      watch(
        requestBytes('GET', alertPath(alertId, `/objects/${encodeURIComponent(objectId)}`), {
          token,
          timeoutMs: fileTimeoutMs,
        }),
      ),
    act: (alertId, body) => watch(requestJson('POST', alertPath(alertId, '/statements'), { token, body })),
    send: (alertId, envelope) =>
      watch(requestDone('POST', alertPath(alertId, '/messages'), { token, body: envelope })),
    checkIns: () => watch(requestJson('GET', '/desk/check-ins', { token })),
    decideCheckIn: (locator, decision) =>
      watch(requestDone('POST', `/desk/check-ins/${encodeURIComponent(locator)}/decision`, { token, body: { decision } })),
    replaceVault: (body) => watch(requestDone('PUT', '/desk/vaults/current', { token, body })),
    signOut: () => requestDone('DELETE', '/desk/sessions/current', { token }),
    stream: async (signal) => {
      try {
        // Not EventSource: it cannot carry the bearer token, and a token in the address would end up in logs.
        const response = await fetch('/api/v1/desk/stream', {
          headers: { accept: 'text/event-stream', authorization: `Bearer ${token}` },
          credentials: 'omit',
          cache: 'no-store',
          referrerPolicy: 'no-referrer',
          redirect: 'error',
          signal,
        });
        if (response.status === 401) onSignedOut();
        return response.ok ? response : null;
      } catch {
        return null;
      }
    },
  };
}

function isSignedOut(problem: Problem): boolean {
  return problem.status === 401;
}
