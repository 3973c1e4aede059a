// What our own server is asked, in the name of the Telegram account. The account's proof travels in a header, never in
// an address.
import { toBase64url } from '@jardam/protocol';
import { requestDone, requestJson, worthRetrying, type Problem, type Result } from '../common/api.js';
import { Live } from '../defender/live.js';
import { launch } from './bridge.js';
import type { SealedPacket } from './seal-packet.js';

interface Freshness {
  /** base64url of 12 bytes. */
  readonly locator: string;
  readonly armedAt: string;
  readonly expiresAt: string;
  readonly expired: boolean;
  /** People or keys changed since. */
  readonly olderRoster: boolean;
}

export interface ArmedButton extends Freshness {
  readonly state: 'armed' | 'counting' | 'waiting';
  /** null: only "send now" sends. */
  readonly countdownSeconds: number | null;
}

export type Repeat = 'none' | 'daily';

export interface PlannedCheckIn extends Freshness {
  readonly stage: 'scheduled' | 'reminded' | 'asked' | 'prompted' | 'undelivered' | 'ended';
  readonly deadlineAt: string;
  readonly graceMinutes: number;
  readonly repeat: Repeat;
}

/** What the account has prepared. */
export interface Prepared {
  readonly tap: ArmedButton | null;
  readonly checkIns: readonly PlannedCheckIn[];
}

export type PreparedState = { readonly at: 'loading' } | { readonly at: 'ready'; readonly prepared: Prepared } | { readonly at: 'failed'; readonly problem: Problem };

export const prepared = new Live<PreparedState>({ at: 'loading' });

const retryMs = 5_000;

const headers = (): Record<string, string> => (launch.initData === null ? {} : { authorization: `tma ${launch.initData}` });

/** Asks what is prepared now, again and again while the line is bad. Outside Telegram there is nobody to ask for. */
export async function refreshPrepared(): Promise<void> {
  if (launch.initData === null) return;
  const answer = await requestJson<Prepared>('GET', '/telegram/me', { headers: headers() });
  prepared.set(answer.ok ? { at: 'ready', prepared: answer.body } : { at: 'failed', problem: answer });
  if (!answer.ok && worthRetrying(answer)) setTimeout(() => void refreshPrepared(), retryMs);
}

const sealedBody = ({ packet, releaseSecret, receipt }: SealedPacket) => ({
  packet: toBase64url(packet),
  releaseSecret: toBase64url(releaseSecret),
  receipt: { locator: toBase64url(receipt.locator), wrapped: toBase64url(receipt.wrapped) },
});

/** Has the bot put the button into the chat, in place of an earlier one. */
export function armButton(sealed: SealedPacket, countdownSeconds: number | null): Promise<Result<unknown>> {
  return requestJson('PUT', '/telegram/armed', { headers: headers(), body: { ...sealedBody(sealed), countdownSeconds } });
}

export function disarmButton(): Promise<Result<null>> {
  return requestDone('DELETE', '/telegram/armed', { headers: headers() });
}

export function planCheckIn(sealed: SealedPacket, plan: { readonly dueAt: Date; readonly graceMinutes: number; readonly repeat: Repeat }): Promise<Result<unknown>> {
  return requestJson('POST', '/telegram/check-ins', {
    headers: headers(),
    body: { ...sealedBody(sealed), dueAt: plan.dueAt.toISOString(), graceMinutes: plan.graceMinutes, repeat: plan.repeat },
  });
}

export function endCheckIn(locator: string): Promise<Result<null>> {
  return requestDone('DELETE', `/telegram/check-ins/${locator}`, { headers: headers() });
}
