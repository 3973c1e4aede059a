import { lookup } from 'node:dns';
import { request } from 'node:https';
import { isIP, type LookupFunction } from 'node:net';
import { rootCertificates, type TLSSocket } from 'node:tls';
import type { AddressGuard } from './address-guard.js';

/** How this program speaks to servers whose names came from outside. */
export interface OutboundRules {
  readonly guard: AddressGuard;
  /** Certificate authority in PEM beside those of the system; null: those alone. */
  readonly ca: string | null;
}

export interface PostRequest {
  /** https only; whoever made it has checked that. */
  readonly url: URL;
  readonly headers: Readonly<Record<string, string | number>>;
  readonly body: Buffer;
  readonly signal: AbortSignal;
  /** The rest of a longer answer is not read. */
  readonly maxAnswerBytes: number;
}

/**
 * answered: a whole head of an answer came, with the beginning of its body.
 * Otherwise `code` is short and ours, and `sent` tells whether the request may have been read: then it is unknown what
 * became of it.
 */
export type PostResult =
  | { readonly answered: true; readonly status: number; readonly retryAfter: string | null; readonly body: Buffer }
  | { readonly answered: false; readonly code: string; readonly sent: boolean };

class RefusedAddress extends Error {
  readonly code = 'EADDRREFUSED';
}

/**
 * One POST over TLS on a connection of its own, to an address that the guard permits.
 *
 * We resolve the name ourselves and check what the connection is really made to: a name that is checked first and
 * resolved again by the connection could answer differently the second time. Redirects are not followed, because they
 * would be another target that nobody checked. node:https and not fetch: fetch neither lets us see the address nor
 * stops at a redirect without knowing it.
 */
export function guardedPost({ guard, ca }: OutboundRules, post: PostRequest): Promise<PostResult> {
  const host = post.url.hostname.replace(/^\[|\]$/g, '');
  // A numeric host is never looked up, so it would pass by the check below.
  if (isIP(host) !== 0 && !guard.permits(host)) return Promise.resolve({ answered: false, code: 'address-refused', sent: false });
  return new Promise((resolve) => {
    const progress = { sent: false };
    const outgoing = request(post.url, {
      method: 'POST',
      agent: false,
      headers: { ...post.headers, 'content-length': post.body.length },
      lookup: guardedLookup(guard),
      signal: post.signal,
      ...(ca === null ? {} : { ca: [...rootCertificates, ca] }),
    });
    const fail = (error: unknown): void => resolve({ answered: false, code: codeOf(error, post.signal), sent: progress.sent });
    outgoing.on('error', fail);
    outgoing.on('socket', (socket) => {
      socket.on('connect', () => {
        if (!guard.permits(socket.remoteAddress ?? '')) outgoing.destroy(new RefusedAddress());
      });
      // What was written before waits in the socket until the handshake is over.
      (socket as TLSSocket).on('secureConnect', () => (progress.sent = true));
    });
    outgoing.on('response', (response) => {
      const chunks: Buffer[] = [];
      let length = 0;
      const finish = (): void => {
        resolve({ answered: true, status: response.statusCode ?? 0, retryAfter: response.headers['retry-after'] ?? null, body: Buffer.concat(chunks).subarray(0, post.maxAnswerBytes) });
        outgoing.destroy();
      };
      response.on('data', (chunk: Buffer) => {
        chunks.push(chunk);
        length += chunk.length;
        if (length >= post.maxAnswerBytes) finish();
      });
      response.on('end', finish);
      // The status has come; what was to follow it matters to nobody.
      response.on('error', finish);
    });
    outgoing.end(post.body);
  });
}

/** Resolves a name and leaves out what the guard does not permit. */
function guardedLookup(guard: AddressGuard): LookupFunction {
  return (hostname, options, done) => {
    lookup(hostname, { ...options, all: true }, (error, found) => {
      if (error) return done(error, '', 0);
      const permitted = found.filter(({ address }) => guard.permits(address));
      const [first] = permitted;
      if (first === undefined) return done(new RefusedAddress(), '', 0);
      if (options.all === true) return done(null, permitted);
      done(null, first.address, first.family);
    });
  };
}

function codeOf(error: unknown, signal: AbortSignal): string {
  if (signal.aborted) return 'timeout';
  const code = (error as { code?: unknown } | null)?.code;
  if (code === 'EADDRREFUSED') return 'address-refused';
  if (code === 'ENOTFOUND' || code === 'EAI_AGAIN') return 'name-unknown';
  return typeof code === 'string' && /^[A-Z][A-Z0-9_]{1,47}$/.test(code) ? code.toLowerCase() : 'failed';
}
