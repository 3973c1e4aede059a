import { readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { brotliCompressSync } from 'node:zlib';
import type { Line } from './report.js';

const firstViewLimitBytes = 14 * 1024;
const panicLimitBytes = 60 * 1024;

const brotli = async (file: string): Promise<number> => brotliCompressSync(await readFile(file)).length;

/** What the browser must fetch before it shows the page (HTML and CSS) and before panic can be sent (and scripts). */
export async function weight(web: string): Promise<Line[]> {
  const html = await readFile(join(web, 'index.html'), 'utf8');
  const linked = (pattern: RegExp): string[] => [...html.matchAll(pattern)].map((match) => match[1] as string);
  const styles = linked(/<link[^>]+rel="stylesheet"[^>]+href="([^"]+)"/g);
  const scripts = [...linked(/<script[^>]+src="([^"]+)"/g), ...linked(/<link[^>]+rel="modulepreload"[^>]+href="([^"]+)"/g)];
  const size = async (paths: readonly string[]): Promise<number> => {
    let bytes = 0;
    for (const path of paths) bytes += await brotli(join(web, path));
    return bytes;
  };
  const firstView = (await size(['index.html', ...styles]));
  const withScripts = firstView + (await size(scripts));
  return [
    { what: 'page: first view, brotli', figure: firstView, unit: 'bytes', target: `≤ ${firstViewLimitBytes}`, met: firstView <= firstViewLimitBytes },
    {
      what: 'page: entry scripts and first view, brotli',
      figure: withScripts,
      unit: 'bytes',
      target: `≤ ${panicLimitBytes}`,
      met: withScripts <= panicLimitBytes,
      note: `largest files on disk: ${(await largest(join(web, 'assets'))).join(', ')}; these load later, on need`,
    },
  ];
}

async function largest(folder: string): Promise<string[]> {
  const files = (await readdir(folder)).filter((name) => name.endsWith('.js'));
  const sized = await Promise.all(files.map(async (name) => ({ name, bytes: (await stat(join(folder, name))).size })));
  return sized
    .sort((a, b) => b.bytes - a.bytes)
    .slice(0, 3)
    .map(({ name, bytes }) => `${name} ${Math.round(bytes / 1024)} kB`);
}
