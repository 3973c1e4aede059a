// Builds the pages: web/defender → dist/web/index.html ('/'), web/desk → dist/web/desk.html ('/desk'), web/telegram →
// dist/web/telegram.html ('/telegram').
// Names carry hashes of their content, nothing is inlined (the CSP allows neither scripts nor styles in the HTML), every
// text file is also written as .br and .gz, and two builds of one tree give the same bytes.
import { createHash } from 'node:crypto';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { brotliCompressSync, constants, gzipSync } from 'node:zlib';
import { defineConfig, type BuildEnvironmentOptions, type Plugin } from 'vite';

const here = (path: string): string => fileURLToPath(new URL(path, import.meta.url));
const locales = here('./locales/');

/** `catalogue:AREA+AREA/LANG` becomes locales/LANG.json cut to these areas, so that a page loads its own words of one
 *  language and nothing else. */
function catalogues(): Plugin {
  const prefix = 'catalogue:';
  return {
    name: 'catalogues',
    resolveId: (id) => (id.startsWith(prefix) ? `\0${id}` : null),
    async load(id) {
      if (!id.startsWith(`\0${prefix}`)) return null;
      const [areas = '', lang = ''] = id.slice(prefix.length + 1).split('/');
      const file = join(locales, `${lang}.json`);
      this.addWatchFile(file);
      const all = JSON.parse(await readFile(file, 'utf8')) as Record<string, string>;
      const wanted = areas.split('+');
      const mine = Object.entries(all).filter(([key]) => wanted.includes(key.split('.')[0] ?? ''));
      for (const area of wanted) {
        if (!mine.some(([key]) => key.startsWith(`${area}.`))) this.error(`locales/${lang}.json has no texts of ${area}`);
      }
      // JSON.parse of a string is quicker to start than an object literal of the same size (V8's advice).
      return { code: `export default JSON.parse(${JSON.stringify(JSON.stringify(Object.fromEntries(mine)))})`, map: null };
    },
  };
}

/** Puts the pages where the service looks for them, and marks every script and style with its SHA-384, so that a changed
 *  file is refused by the browser (subresource integrity). */
function pages(names: Readonly<Record<string, string>>): Plugin {
  return {
    name: 'pages',
    enforce: 'post',
    generateBundle(_options, bundle) {
      for (const [from, to] of Object.entries(names)) {
        const page = bundle[from];
        if (page?.type !== 'asset') continue;
        delete bundle[from];
        this.emitFile({ type: 'asset', fileName: to, source: page.source });
      }
    },
    writeBundle: {
      // From the disk and last of all: vite still writes lists of preloads into the scripts after generateBundle.
      order: 'post',
      sequential: true,
      async handler(options, bundle) {
        const directory = options.dir ?? '';
        for (const name of Object.values(names).filter((each) => each in bundle)) {
          const html = await readFile(join(directory, name), 'utf8');
          const marked = await withIntegrity(html, (fileName) => readFile(join(directory, fileName)));
          await writeFile(join(directory, name), marked);
        }
      },
    },
  };
}

async function withIntegrity(html: string, read: (fileName: string) => Promise<Buffer>): Promise<string> {
  const tags = /<(?:script|link)\b[^>]*?\b(?:src|href)="\/(assets\/[^"]+\.(?:js|css))"[^>]*(?=>)/g;
  const digests = new Map<string, string>();
  for (const [, fileName = ''] of html.matchAll(tags)) {
    digests.set(fileName, createHash('sha384').update(await read(fileName)).digest('base64'));
  }
  return html.replace(tags, (tag, fileName: string) => `${tag} integrity="sha384-${digests.get(fileName) ?? ''}"`);
}

/** Writes NAME.br and NAME.gz beside every text file: the service sends them as they are, at no cost per request. */
function precompressed(): Plugin {
  const compressible = /\.(?:html|js|css|svg|json|webmanifest|txt)$/;
  return {
    name: 'precompressed',
    enforce: 'post',
    writeBundle: {
      order: 'post',
      sequential: true,
      async handler(options, bundle) {
        const directory = options.dir ?? '';
        for (const fileName of Object.keys(bundle)) {
          if (!compressible.test(fileName)) continue;
          const raw = await readFile(join(directory, fileName));
          const params = { [constants.BROTLI_PARAM_QUALITY]: 11, [constants.BROTLI_PARAM_SIZE_HINT]: raw.length };
          await writeFile(join(directory, `${fileName}.br`), brotliCompressSync(raw, { params }));
          // level 9, no name and no time in the header: the same bytes every time.
          await writeFile(join(directory, `${fileName}.gz`), gzipSync(raw, { level: 9 }));
        }
      },
    },
  };
}

export default defineConfig({
  root: here('./web'),
  base: '/',
  publicDir: false,
  clearScreen: false,
  // The coalition's instance id (base64url), pinned at build time in production; empty for a demo, where the page shows
  // the id's words instead.
  define: { __INSTANCE_ID__: JSON.stringify(process.env['JARDAM_INSTANCE_ID'] ?? '') },
  resolve: {
    // The sources, not packages/protocol/dist: the bundler can leave out more, and a stale build cannot slip in.
    alias: [
      { find: /^@jardam\/protocol$/, replacement: here('./packages/protocol/src/index.ts') },
      { find: /^@jardam\/protocol\/(noble|sodium)$/, replacement: here('./packages/protocol/src/providers/$1.ts') },
      { find: /^@jardam\/protocol\/metadata$/, replacement: here('./packages/protocol/src/metadata/index.ts') },
      { find: /^@jardam\/protocol\/words$/, replacement: here('./packages/protocol/src/words.ts') },
    ],
  },
  plugins: [catalogues(), pages({ 'defender/index.html': 'index.html', 'desk/index.html': 'desk.html', 'telegram/index.html': 'telegram.html' }), precompressed()],
  worker: { format: 'es', plugins: () => [catalogues()] },
  // Each page is built apart: in one build the parts that both use are put together in files that hold what either of
  // them needs, and the defender's page would carry the desk's half of the protocol (about 10 kB brotli).
  environments: {
    client: { build: page('defender', true) },
    desk: { consumer: 'client', build: page('desk', false, { notices: './web/desk/notices/notices.worker.ts' }) },
    telegram: { consumer: 'client', build: page('telegram', false) },
  },
  builder: {
    async buildApp(builder) {
      for (const environment of Object.values(builder.environments)) await builder.build(environment);
    },
  },
});

/** @param named scripts that keep their names: an address that a browser comes back to by itself */
function page(name: 'defender' | 'desk' | 'telegram', first: boolean, named: Readonly<Record<string, string>> = {}): BuildEnvironmentOptions {
  return {
    outDir: here('./dist/web'),
    emptyOutDir: first,
    // Browsers of 2020 and later: module workers and BigInt are what the cryptography needs.
    target: ['chrome87', 'firefox114', 'safari15'],
    // Links to all of a page's modules in its HTML: one round trip less for each level of imports. No polyfill: it would
    // be an inline script.
    modulePreload: { polyfill: false },
    assetsInlineLimit: 0,
    cssCodeSplit: true,
    reportCompressedSize: false,
    // libsodium is one file of half a megabyte, fetched by nobody who waits for it.
    chunkSizeWarningLimit: 600,
    rollupOptions: {
      // Compressing takes most of the build and is meant to; whoever starts the program need not read about it.
      checks: { bundlerTimings: false },
      input: { [name]: here(`./web/${name}/index.html`), ...Object.fromEntries(Object.entries(named).map(([entry, path]) => [entry, here(path)])) },
      output: {
        // Hashes alone: a name may tell what the page is.
        entryFileNames: (chunk) => (chunk.name in named ? '[name].js' : 'assets/[hash].js'),
        chunkFileNames: 'assets/[hash].js',
        assetFileNames: 'assets/[hash][extname]',
        // One file of what every page start needs compresses better than a dozen, and is one request.
        codeSplitting: {
          includeDependenciesRecursively: false, // else Argon2id comes along: noble.ts names it
          groups: [
            {
              name: 'first',
              test: /@noble\/(?!hashes\/argon2)|node_modules\/preact\/|protocol\/src\/(?:bytes|draws|envelope-(?:format|hashes|seal)|hash|json-shape|kem-key|keys|padme|payloads|primitives|roster|roster-format|roster-revocation|runtime|sender|submission|providers\/noble(?:-secretstream|-xwing)?)\.ts$/,
            },
          ],
        },
      },
    },
  };
}
