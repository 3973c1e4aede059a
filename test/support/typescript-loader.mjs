// Lets plain Node run our TypeScript sources as they are: jest's global setup and the benches start before any build.
// The transform is the one of the tests (.swcrc), so that decorators and their metadata mean the same.
import { transformFile } from '@swc/core';
import { existsSync } from 'node:fs';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { join } from 'node:path';

const root = fileURLToPath(new URL('../..', import.meta.url));
const protocol = {
  '@jardam/protocol': 'packages/protocol/src/index.ts',
  '@jardam/protocol/noble': 'packages/protocol/src/providers/noble.ts',
  '@jardam/protocol/sodium': 'packages/protocol/src/providers/sodium.ts',
  '@jardam/protocol/words': 'packages/protocol/src/words.ts',
};

export async function resolve(specifier, context, next) {
  const ours = protocol[specifier];
  if (ours) return { url: pathToFileURL(join(root, ours)).href, shortCircuit: true };
  if (specifier.startsWith('.') && specifier.endsWith('.js') && context.parentURL?.startsWith('file:')) {
    const source = new URL(specifier.replace(/\.js$/, '.ts'), context.parentURL);
    if (existsSync(source)) return { url: source.href, shortCircuit: true };
  }
  return next(specifier, context);
}

export async function load(url, context, next) {
  if (!url.startsWith('file:') || !url.endsWith('.ts')) return next(url, context);
  const { code } = await transformFile(fileURLToPath(url), { cwd: root, root });
  return { format: 'module', source: code, shortCircuit: true };
}
