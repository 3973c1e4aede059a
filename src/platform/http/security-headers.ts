import type { FastifyInstance } from 'fastify';

/**
 * What a page may do: run and fetch from its own origin, nothing else.
 * - 'wasm-unsafe-eval' for libsodium; no eval of text.
 * - Workers are made through one Trusted Types policy named "jardam", because a worker's address is a script sink;
 *   no policy exists for HTML or script text.
 * - form-action 'none': every form is sent by script, sealed.
 */
const PAGE_POLICY = [
  "default-src 'none'",
  "script-src 'self' 'wasm-unsafe-eval'",
  "style-src 'self'",
  "img-src 'self' blob: data:",
  "media-src 'self' blob:",
  "font-src 'self'",
  "connect-src 'self'",
  "worker-src 'self'",
  "manifest-src 'self'",
  "form-action 'none'",
  "base-uri 'none'",
  "frame-ancestors 'none'",
  "require-trusted-types-for 'script'",
  'trusted-types jardam',
].join('; ');

/** Origin of Telegram's own web clients (both of them). */
const TELEGRAM_WEB = 'https://web.telegram.org';

/** What a browser may do with anything that is not a page, should somebody open it as one: nothing. */
const DATA_POLICY = "default-src 'none'; frame-ancestors 'none'; sandbox";

const PERMISSIONS_POLICY = [
  'accelerometer=()',
  'autoplay=()',
  'bluetooth=()',
  'browsing-topics=()',
  'display-capture=()',
  'gyroscope=()',
  'hid=()',
  'idle-detection=()',
  'magnetometer=()',
  'midi=()',
  'payment=()',
  'serial=()',
  'usb=()',
  'xr-spatial-tracking=()',
  // The defender's page may take these, after asking the person.
  'camera=(self)',
  'geolocation=(self)',
  'microphone=(self)',
].join(', ');

const HSTS = 'max-age=63072000; includeSubDomains';

/** Headers of every answer that is not a page. */
export function securityHeaders(options: { readonly behindTls: boolean }): Record<string, string> {
  return {
    'content-security-policy': DATA_POLICY,
    'cache-control': 'no-store',
    'referrer-policy': 'no-referrer',
    'x-content-type-options': 'nosniff',
    'x-frame-options': 'DENY',
    'cross-origin-opener-policy': 'same-origin',
    'cross-origin-embedder-policy': 'require-corp',
    'cross-origin-resource-policy': 'same-origin',
    'permissions-policy': PERMISSIONS_POLICY,
    'x-robots-tag': 'noindex, nofollow',
    ...(options.behindTls ? { 'strict-transport-security': HSTS } : {}),
  };
}

/** Sets them before anything else happens to a request. A route that serves a page adds pageHeaders(). */
export function registerSecurityHeaders(fastify: FastifyInstance, options: { readonly behindTls: boolean }): void {
  const headers = securityHeaders(options);
  fastify.addHook('onRequest', (_request, reply, done) => {
    void reply.headers(headers);
    done();
  });
}

/** Additional headers of an HTML page. */
export function pageHeaders(): Record<string, string> {
  return { 'content-security-policy': PAGE_POLICY };
}

/** Additional headers of the Mini App's page. Telegram Web shows it in a frame; nobody else may. What it can do is the
 *  same as for every other page. */
export function framedPageHeaders(): Record<string, string> {
  return {
    'content-security-policy': PAGE_POLICY.replace("frame-ancestors 'none'", `frame-ancestors ${TELEGRAM_WEB}`),
    // Else a frame of a site that isolates itself would be refused as a foreign resource.
    'cross-origin-resource-policy': 'cross-origin',
  };
}

/** Additional headers of a file whose name contains the hash of its content. */
export function immutableHeaders(): Record<string, string> {
  // A worker obeys the policy that came with its own script, not the page's: under DATA_POLICY it could neither import
  // its other half nor compile WebAssembly.
  return { 'cache-control': 'public, max-age=31536000, immutable', 'content-security-policy': PAGE_POLICY };
}

/** Additional headers of a service worker's script: asked for anew each time, and what it may fetch is nothing. */
export function serviceWorkerHeaders(): Record<string, string> {
  return { 'cache-control': 'no-cache', 'content-security-policy': "default-src 'none'" };
}
