import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { brotliCompressSync, gzipSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import fastify, { type FastifyInstance } from 'fastify';
import { registerPages } from './pages.js';

const SCRIPT = 'export const page = 1;'.repeat(20);

describe('the built pages', () => {
  let webDir: string;
  let server: FastifyInstance;

  beforeEach(() => {
    webDir = mkdtempSync(join(tmpdir(), 'jardam-pages-'));
    mkdirSync(join(webDir, 'assets'));
    writeFileSync(join(webDir, 'assets', 'page-1a2b.js'), SCRIPT);
    writeFileSync(join(webDir, 'assets', 'page-1a2b.js.br'), brotliCompressSync(SCRIPT));
    writeFileSync(join(webDir, 'assets', 'page-1a2b.js.gz'), gzipSync(SCRIPT));
    writeFileSync(join(webDir, 'assets', 'page-1a2b.js.map'), '{}');
    writeFileSync(join(webDir, 'index.html'), '<!doctype html>');
  });

  afterEach(async () => {
    await server.close();
    rmSync(webDir, { recursive: true });
  });

  async function ask(path: string, headers: Record<string, string> = {}): Promise<{ status: number; headers: Record<string, unknown>; body: Buffer }> {
    const { port } = server.server.address() as { port: number };
    // Plain HTTP: fetch would undo the compression and normalise the address.
    return new Promise((done, failed) => {
      request({ host: '127.0.0.1', port, path, headers }, (answer) => {
        const chunks: Buffer[] = [];
        answer.on('data', (chunk: Buffer) => chunks.push(chunk));
        answer.on('end', () => done({ status: answer.statusCode ?? 0, headers: answer.headers, body: Buffer.concat(chunks) }));
      })
        .on('error', failed)
        .end();
    });
  }

  async function start(): Promise<void> {
    server = fastify();
    registerPages(server, webDir);
    await server.listen({ host: '127.0.0.1', port: 0 });
  }

  it('go out as small as the browser can read them', async () => {
    await start();
    const brotli = await ask('/assets/page-1a2b.js', { 'accept-encoding': 'gzip, deflate, br' });
    expect(brotli.headers).toMatchObject({ 'content-encoding': 'br', vary: 'accept-encoding', 'content-type': 'text/javascript; charset=utf-8' });
    expect(brotli.body).toEqual(brotliCompressSync(SCRIPT));
    expect((await ask('/assets/page-1a2b.js', { 'accept-encoding': 'gzip, br;q=0' })).headers['content-encoding']).toBe('gzip');
    const plain = await ask('/assets/page-1a2b.js');
    expect(plain.headers['content-encoding']).toBeUndefined();
    expect(plain.body.toString()).toBe(SCRIPT);
  });

  it('are not sent again to whoever has them', async () => {
    await start();
    const { headers } = await ask('/assets/page-1a2b.js');
    const again = await ask('/assets/page-1a2b.js', { 'if-none-match': String(headers.etag) });
    expect([again.status, again.body.length]).toEqual([304, 0]);
  });

  it('are all that can be reached', async () => {
    writeFileSync(join(webDir, '..', 'jardam-outside.txt'), 'outside');
    await start();
    for (const path of ['/../jardam-outside.txt', '/assets/../../jardam-outside.txt', '/assets/%2e%2e/%2e%2e/jardam-outside.txt', '/assets/page-1a2b.js.map', '/assets/']) {
      expect({ path, status: (await ask(path)).status }).toEqual({ path, status: 404 });
    }
    rmSync(join(webDir, '..', 'jardam-outside.txt'));
  });

  it('are missed loudly when they were not built', async () => {
    rmSync(join(webDir, 'index.html'));
    await start();
    const answer = await ask('/');
    expect(answer.status).toBe(503);
  });
});
