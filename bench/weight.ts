import { existsSync } from 'node:fs';
import { readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { Line } from './report.js';

const firstViewLimitBytes = 14_000;
const panicLimitBytes = 60_000;
/** A catalogue is known by its title of the page; these are the largest of the five. */
const catalogues = { Kyrgyz: /defender\.title\W+Жазмалар/, Russian: /defender\.title\W+Заметки/, Tajik: /defender\.title\W+Ёддоштҳо/ };

/**
 * What the browser fetches before it shows the defender's page (HTML and CSS), and before a panic can be sent: with the
 * modules that the page names and the catalogue of one language. The same files as test/e2e/page-weight.spec.ts counts,
 * in the brotli form in which they are sent. Everything else is loaded later, on need.
 */
export async function weight(web: string): Promise<Line[]> {
  if (!existsSync(join(web, 'index.html'))) throw new Error('the pages are not built: run "npm run build"');
  const html = await readFile(join(web, 'index.html'), 'utf8');
  const named = (pattern: RegExp): string[] => [...html.matchAll(pattern)].map(([, name]) => name as string);
  const size = async (names: readonly string[]): Promise<number> => {
    let bytes = 0;
    for (const name of names) bytes += (await stat(join(web, `${name}.br`))).size;
    return bytes;
  };
  const firstView = await size(['index.html', ...named(/href="\/(assets\/[^"]+\.css)"/g)]);
  const linked = ['index.html', ...named(/href="\/(assets\/[^"]+\.(?:css|js))"/g), ...named(/src="\/(assets\/[^"]+\.js)"/g)];
  const panic = await Promise.all(
    Object.entries(catalogues).map(async ([language, title]) => ({ language, bytes: await size([...linked, await catalogue(web, title)]) })),
  );
  const largest = panic.reduce((most, each) => (each.bytes > most.bytes ? each : most));
  return [
    line('page: first view, brotli', firstView, firstViewLimitBytes),
    { ...line('page: until a panic can be sent, brotli', largest.bytes, panicLimitBytes), note: `in ${largest.language}, the largest language` },
  ];
}

function line(what: string, bytes: number, limit: number): Line {
  return { what, figure: bytes, unit: 'bytes', target: `≤ ${limit}`, met: bytes <= limit };
}

async function catalogue(web: string, title: RegExp): Promise<string> {
  for (const name of await readdir(join(web, 'assets'))) {
    if (name.endsWith('.js') && title.test(await readFile(join(web, 'assets', name), 'utf8'))) return `assets/${name}`;
  }
  throw new Error('the catalogue was not built');
}
