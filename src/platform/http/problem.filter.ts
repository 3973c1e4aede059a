import { Catch, HttpException, Logger, type ArgumentsHost, type ExceptionFilter } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { ZodError } from 'zod';
import { explainIssue, fieldName } from '../config/explain-issue.js';
import { isDatabaseUnavailable } from '../database/unavailable.js';
import { ACCEPTED_MEDIA_TYPES, bodyLimitOf, type BodyLimits } from './body-parsers.js';
import { problem, Problem } from './problem.js';

const retryAfterSeconds = 5;

/** Turns whatever was thrown into problem details. What we do not know becomes a 500 without any inner detail. */
@Catch()
export class ProblemFilter implements ExceptionFilter {
  private readonly log = new Logger('Http');

  constructor(private readonly limits: BodyLimits) {}

  catch(error: unknown, host: ArgumentsHost): void {
    const http = host.switchToHttp();
    const reply = http.getResponse<FastifyReply>();
    const answer = this.problemOf(error, http.getRequest<FastifyRequest>());
    if (answer.status >= 500) this.log.error(`${answer.status} ${answer.code}`, error instanceof Error ? error : undefined);
    if (reply.sent) return;
    sendProblem(reply, answer);
  }

  private problemOf(error: unknown, request: FastifyRequest): Problem {
    if (error instanceof Problem) return error;
    if (error instanceof ZodError) return fieldProblem(error);
    if (isDatabaseUnavailable(error)) {
      return problem(503, 'database-down', 'The database cannot be reached', 'It is not certain that this was stored. Send the same request again in a few seconds.');
    }
    if (error instanceof HttpException || isFastifyError(error)) {
      return problemOfStatus(error instanceof HttpException ? error.getStatus() : error.statusCode, request.headers['content-type'], this.limits);
    }
    return problem(500, 'internal', 'Something went wrong here', 'It is not certain that this was stored. The same request can be sent again.');
  }
}

/** Writes a problem as the answer; also for errors that arise before Nest sees the request. */
export function sendProblem(reply: FastifyReply, answer: Problem): void {
  const { retryAfterMs } = answer.extra;
  if (answer.status === 503) void reply.header('retry-after', retryAfterSeconds);
  else if (typeof retryAfterMs === 'number') void reply.header('retry-after', Math.ceil(retryAfterMs / 1000));
  void reply.status(answer.status).header('content-type', 'application/problem+json; charset=utf-8').send(JSON.stringify(answer.toBody()));
}

/** The problem for a bare status of the framework, whose own messages repeat the address, which may hold ids. */
export function problemOfStatus(status: number, contentType: string | undefined, limits: BodyLimits): Problem {
  switch (status) {
    case 404:
      return problem(404, 'not-found', 'There is nothing at this address');
    case 405:
      return problem(405, 'method-not-allowed', 'This address does not know that method');
    case 413: {
      const limitBytes = bodyLimitOf(contentType, limits);
      return problem(413, 'too-large', 'The request is too large', `At most ${limitBytes} bytes are taken here.`, { limitBytes });
    }
    case 414:
      return problem(414, 'address-too-long', 'The address is too long');
    case 415:
      return problem(415, 'unsupported-media-type', 'This kind of content is not taken here', `Taken are ${ACCEPTED_MEDIA_TYPES.join(', ')}.`);
    case 429:
      return problem(429, 'too-many-requests', 'Too many requests');
    case 503:
      return problem(503, 'stopping', 'The service is stopping or starting', 'Send the same request again in a few seconds.');
    default:
      return status >= 500
        ? problem(500, 'internal', 'Something went wrong here')
        : problem(400, 'malformed-request', 'The request cannot be read');
  }
}

function fieldProblem(error: ZodError): Problem {
  const errors = error.issues.flatMap((issue) =>
    explainIssue(issue).map(({ path, allowed }) => ({ field: fieldName(path), message: `allowed is ${allowed}` })),
  );
  return problem(400, 'invalid-request', 'The request does not have the right form', errors[0] && `${errors[0].field || 'body'}: ${errors[0].message}`, {
    errors,
  });
}

function isFastifyError(error: unknown): error is Error & { statusCode: number } {
  return error instanceof Error && typeof (error as { statusCode?: unknown }).statusCode === 'number';
}
