import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, extname, join, relative, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { problem } from './problem.js';
import { framedPageHeaders, immutableHeaders, pageHeaders, serviceWorkerHeaders } from './security-headers.js';

/** The Mini App: the one page that another site, Telegram Web, may show in a frame. */
const FRAMED_PAGE = '/telegram';

/** Address of a page → its file in the built pages. */
const PAGES: Readonly<Record<string, string>> = { '/': 'index.html', '/desk': 'desk.html', [FRAMED_PAGE]: 'telegram.html' };
const HASHED_FOLDER = 'assets/';
/** The desk's: a browser asks for it by this name for years. */
const SERVICE_WORKER = 'notices.js';

const MEDIA_TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.json': 'application/json; charset=utf-8',
  '.webmanifest': 'application/manifest+json; charset=utf-8',
  '.wasm': 'application/wasm',
  '.svg': 'image/svg+xml',
  '.png': 'image/png',
  '.ico': 'image/x-icon',
  '.txt': 'text/plain; charset=utf-8',
};

interface BuiltFile {
  readonly mediaType: string;
  readonly etag: string;
  readonly plain: Buffer;
  /** Made by the build beside the file, in order of preference. */
  readonly compressed: readonly { readonly encoding: 'br' | 'gzip'; readonly bytes: Buffer }[];
}

/**
 * Serves the built pages from memory.
 *
 * They are a few hundred kilobytes and never change while the program runs. Read once at start, no address can reach
 * any other file of this machine; @fastify/static lost for that reason, and because it brings a dozen packages.
 */
export function registerPages(fastify: FastifyInstance, webDir: string): void {
  const files = readBuiltFiles(webDir);
  for (const [address, name] of Object.entries(PAGES)) {
    const file = files.get(name);
    fastify.get(address, (request, reply) => {
      if (!file) throw problem(503, 'pages-not-built', 'The pages are not built', 'Run "npm run build" and start again.');
      if (address !== FRAMED_PAGE) return send(file, request, reply.headers(pageHeaders()));
      // DENY would win over frame-ancestors in browsers that know only the older header.
      return send(file, request, reply.removeHeader('x-frame-options').headers(framedPageHeaders()));
    });
  }
  for (const [name, file] of files) {
    if (name.endsWith('.html')) continue; // pages have the addresses above only
    const headers = name.startsWith(HASHED_FOLDER) ? immutableHeaders() : name === SERVICE_WORKER ? serviceWorkerHeaders() : { 'cache-control': 'no-cache' };
    fastify.get(`/${name}`, (request, reply) => send(file, request, reply.headers(headers)));
  }
}

function send(file: BuiltFile, request: FastifyRequest, reply: FastifyReply): FastifyReply {
  void reply.headers({ 'content-type': file.mediaType, etag: file.etag, vary: 'accept-encoding' });
  if (request.headers['if-none-match'] === file.etag) return reply.status(304).send();
  const accepted = String(request.headers['accept-encoding'] ?? '');
  const smaller = file.compressed.find(({ encoding }) => new RegExp(`\\b${encoding}\\b(?!;q=0(\\.0*)?\\b)`).test(accepted));
  if (smaller) return reply.header('content-encoding', smaller.encoding).send(smaller.bytes);
  return reply.send(file.plain);
}

function readBuiltFiles(webDir: string): Map<string, BuiltFile> {
  const files = new Map<string, BuiltFile>();
  if (!existsSync(webDir)) return files;
  for (const entry of readdirSync(webDir, { withFileTypes: true, recursive: true })) {
    const path = join(entry.parentPath, entry.name);
    const mediaType = MEDIA_TYPES[extname(entry.name)];
    if (!entry.isFile() || !mediaType) continue; // also leaves out compressed twins and source maps
    const plain = readFileSync(path);
    files.set(relative(webDir, path).split(sep).join('/'), {
      mediaType,
      etag: `"${createHash('sha256').update(plain).digest('base64url').slice(0, 22)}"`,
      plain,
      compressed: (
        [
          ['br', `${path}.br`],
          ['gzip', `${path}.gz`],
        ] as const
      ).flatMap(([encoding, twin]) => (existsSync(twin) ? [{ encoding, bytes: readFileSync(twin) }] : [])),
    });
  }
  return files;
}

/** dist/web, seen from the built program (dist/src/platform/http) as well as from the sources (src/platform/http). */
export function defaultWebDir(): string {
  for (let at = dirname(fileURLToPath(import.meta.url)); at !== dirname(at); at = dirname(at)) {
    if (existsSync(join(at, 'package.json')) && existsSync(join(at, 'src'))) return join(at, 'dist', 'web');
  }
  throw new Error('the folder of the program has no package.json');
}
