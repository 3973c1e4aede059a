import type { FastifyInstance } from 'fastify';
import type { HttpConfig } from '../config/slices.js';

/** A sealed alert with its outer header, see docs/protocol.md. */
export const SUBMISSION_TYPE = 'application/vnd.jardam.submission';
/** Any other bytes: envelopes, parts of attachments, wrapped secrets. */
export const BYTES_TYPE = 'application/octet-stream';
const JSON_TYPE = 'application/json';

export const ACCEPTED_MEDIA_TYPES = [JSON_TYPE, SUBMISSION_TYPE, BYTES_TYPE];

export type BodyLimits = Pick<HttpConfig, 'submissionLimitBytes' | 'chunkLimitBytes' | 'jsonLimitBytes'>;

/**
 * Teaches Fastify exactly three kinds of body, each with a limit of its own. Everything else is answered with 415,
 * so that no form or multipart parser ever sees input.
 */
export function registerBodyParsers(fastify: FastifyInstance, limits: BodyLimits): void {
  fastify.removeAllContentTypeParsers();
  fastify.addContentTypeParser(
    JSON_TYPE,
    { parseAs: 'string', bodyLimit: limits.jsonLimitBytes },
    fastify.getDefaultJsonParser('error', 'error'), // refuses __proto__ and constructor keys
  );
  for (const type of [SUBMISSION_TYPE, BYTES_TYPE]) {
    fastify.addContentTypeParser(type, { parseAs: 'buffer', bodyLimit: bodyLimitOf(type, limits) }, (_request, body, done) => done(null, body));
  }
}

/** The limit in bytes that applies to a content type. */
export function bodyLimitOf(contentType: string | undefined, limits: BodyLimits): number {
  if (contentType?.startsWith(SUBMISSION_TYPE)) return limits.submissionLimitBytes;
  if (contentType?.startsWith(BYTES_TYPE)) return Math.max(limits.chunkLimitBytes, limits.submissionLimitBytes);
  return limits.jsonLimitBytes;
}
