import { FastifyAdapter } from '@nestjs/platform-fastify';
import type { HttpConfig } from '../config/slices.js';

// A part of an attachment over 2G takes minutes; a connection that says nothing at all is cut sooner.
const requestTimeoutMs = 15 * 60_000;
const headersTimeoutMs = 60_000;
const keepAliveTimeoutMs = 75_000;
const maxParamLength = 200;

/**
 * Fastify as this service uses it. It writes no log of its own and trusts no proxy header: the address of a caller is
 * never read, so that it cannot be stored or logged.
 */
export function makeFastifyAdapter(config: HttpConfig): FastifyAdapter {
  const adapter = new FastifyAdapter({
    logger: false,
    trustProxy: false,
    requestIdHeader: false,
    bodyLimit: config.jsonLimitBytes,
    requestTimeout: requestTimeoutMs,
    keepAliveTimeout: keepAliveTimeoutMs,
    http: { headersTimeout: headersTimeoutMs },
    routerOptions: { maxParamLength },
  });
  return adapter;
}
