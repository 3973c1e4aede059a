import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Body, Controller, Get, Module, Post } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { z } from 'zod';
import { configOf } from '../config/load-config.js';
import { registerBodyParsers, SUBMISSION_TYPE } from './body-parsers.js';
import { makeFastifyAdapter } from './http-server.js';
import { ProblemFilter } from './problem.filter.js';
import { problem } from './problem.js';
import { registerSecurityHeaders } from './security-headers.js';

const report = z.strictObject({ severity: z.enum(['S1', 'S2']), tiers: z.array(z.int()) });

@Controller('parcels')
class ParcelController {
  @Post()
  take(@Body() body: unknown): unknown {
    return Buffer.isBuffer(body) ? { bytes: body.length } : report.parse(body);
  }

  @Get('conflict')
  conflict(): never {
    throw problem(409, 'stale-gen', 'Somebody else was quicker', 'Look again.', { gen: 4 });
  }

  @Get('bug')
  bug(): never {
    throw new Error('canary: the inner detail');
  }

  @Get('database')
  database(): never {
    throw Object.assign(new Error('connect ECONNREFUSED canary'), { code: 'ECONNREFUSED', syscall: 'connect' });
  }
}

@Module({ controllers: [ParcelController] })
class ParcelModule {}

describe('what a caller is told when something is refused or fails', () => {
  let app: NestFastifyApplication;
  let origin: string;
  const limits = configOf({ http: { jsonLimitBytes: 16_384, submissionLimitBytes: 32_768 } }).http;

  beforeAll(async () => {
    const adapter = makeFastifyAdapter(limits);
    registerSecurityHeaders(adapter.getInstance(), { behindTls: true });
    registerBodyParsers(adapter.getInstance(), limits);
    app = await NestFactory.create<NestFastifyApplication>(ParcelModule, adapter, { logger: false, bodyParser: false, abortOnError: false });
    app.useGlobalFilters(new ProblemFilter(limits));
    await app.listen({ host: '127.0.0.1', port: 0 });
    origin = await app.getUrl();
  });

  afterAll(() => app.close());

  async function ask(path: string, init: RequestInit = {}): Promise<{ status: number; headers: Headers; text: string; json: Record<string, unknown> }> {
    const answer = await fetch(`${origin}${path}`, init);
    const text = await answer.text();
    return { status: answer.status, headers: answer.headers, text, json: JSON.parse(text) as Record<string, unknown> };
  }
  const post = (body: string | Uint8Array<ArrayBuffer>, type: string) => ask('/parcels', { method: 'POST', body, headers: { 'content-type': type } });

  it('gives a refusal with its code, title, detail and what belongs to it', async () => {
    const answer = await ask('/parcels/conflict');
    expect(answer.status).toBe(409);
    expect(answer.headers.get('content-type')).toBe('application/problem+json; charset=utf-8');
    expect(answer.json).toEqual({
      gen: 4,
      type: 'urn:jardam:problem:stale-gen',
      title: 'Somebody else was quicker',
      status: 409,
      detail: 'Look again.',
      code: 'stale-gen',
    });
  });

  it('names each wrong field of a body', async () => {
    const answer = await post(JSON.stringify({ severity: 'S9', tiers: ['one'] }), 'application/json');
    expect(answer.status).toBe(400);
    expect(answer.json).toMatchObject({
      code: 'invalid-request',
      errors: [
        { field: 'severity', message: 'allowed is one of S1, S2' },
        { field: 'tiers[0]', message: 'allowed is a number' },
      ],
    });
  });

  it('takes sealed bytes as they are, and names the limit that was passed', async () => {
    const small = await post(new Uint8Array(32_768), SUBMISSION_TYPE);
    expect([small.status, small.json]).toEqual([201, { bytes: 32_768 }]);

    const large = await post(new Uint8Array(32_769), SUBMISSION_TYPE);
    expect(large.status).toBe(413);
    expect(large.json).toMatchObject({ code: 'too-large', limitBytes: 32_768, detail: 'At most 32768 bytes are taken here.' });

    const json = await post(`"${'x'.repeat(16_384)}"`, 'application/json');
    expect(json.json).toMatchObject({ code: 'too-large', limitBytes: 16_384 });
  });

  it('refuses content it has no parser for, broken JSON and a polluted prototype', async () => {
    const form = await post('a=b', 'application/x-www-form-urlencoded');
    expect(form.status).toBe(415);
    expect(form.json).toMatchObject({ code: 'unsupported-media-type' });

    for (const text of ['{"canary": ', '{"__proto__": {"canary": 1}}', '']) {
      const answer = await post(text, 'application/json');
      expect({ text, status: answer.status, code: answer.json.code }).toEqual({ text, status: 400, code: 'malformed-request' });
      expect(answer.text).not.toContain('canary');
    }
  });

  it('tells nothing of a bug of ours', async () => {
    const answer = await ask('/parcels/bug');
    expect(answer.status).toBe(500);
    expect(answer.json).toMatchObject({ code: 'internal' });
    expect(answer.text).not.toContain('canary');
  });

  it('asks to come back when the database is away', async () => {
    const answer = await ask('/parcels/database');
    expect(answer.status).toBe(503);
    expect(answer.headers.get('retry-after')).toBe('5');
    expect(answer.json).toMatchObject({ code: 'database-down' });
  });

  it('answers a malformed address with a problem too', async () => {
    const answer = await ask('/parcels/%E0%A4%A');
    expect(answer.status).toBe(400);
    expect(answer.text).not.toContain('parcels');
  });

  it('puts the strict headers on every answer, errors included', async () => {
    for (const url of ['/parcels/conflict', '/nothing-here', '/parcels/bug']) {
      const { headers } = await ask(url);
      expect({ url, ...Object.fromEntries(headers) }).toMatchObject({
        url,
        'cache-control': 'no-store',
        'content-security-policy': "default-src 'none'; frame-ancestors 'none'; sandbox",
        'referrer-policy': 'no-referrer',
        'x-content-type-options': 'nosniff',
        'strict-transport-security': 'max-age=63072000; includeSubDomains',
      });
    }
  });
});
