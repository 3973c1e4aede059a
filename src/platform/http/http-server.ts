import { FastifyAdapter } from '@nestjs/platform-fastify';
import type { FastifyError, FastifyReply, FastifyRequest } from 'fastify';
import type { HttpConfig } from '../config/slices.js';
import { problemOfStatus, sendProblem } from './problem.filter.js';
import { securityHeaders } from './security-headers.js';

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
  return new FastifyAdapter({
    logger: false,
    trustProxy: false,
    requestIdHeader: false,
    bodyLimit: config.jsonLimitBytes,
    requestTimeout: requestTimeoutMs,
    keepAliveTimeout: keepAliveTimeoutMs,
    http: { headersTimeout: headersTimeoutMs },
    routerOptions: { maxParamLength },
    // A malformed address is answered by the router, before hooks and filters.
    frameworkErrors: (error: FastifyError, _request: FastifyRequest, reply: FastifyReply) => {
      void reply.headers(securityHeaders(config));
      sendProblem(reply, problemOfStatus(error.statusCode ?? 400, undefined, config));
    },
  });
}
