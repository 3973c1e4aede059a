import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/**
 * Path of a file that comes with the program, such as an example in config/. The same program runs from its sources
 * and from dist/, so the file is sought from here upwards.
 */
export function shippedFile(...parts: readonly string[]): string {
  for (let at = dirname(fileURLToPath(import.meta.url)); ; at = dirname(at)) {
    const file = join(at, ...parts);
    if (existsSync(file)) return file;
    if (at === dirname(at)) throw new Error(`the installation is incomplete: ${join(...parts)} is missing`);
  }
}
