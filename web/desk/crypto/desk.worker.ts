// The Worker's shell: loads a provider of cryptography once, then answers one call after the other.
import { EFF_LONG_WORDS, wordsFromBytes } from '@jardam/protocol/words';
import type { Primitives } from '@jardam/protocol';
import { passwordHash, strongPrimitives } from '../../common/crypto.js';
import { createKeyring, type WordSource } from './keyring.js';
import type { KeyringAnswer, KeyringApi, KeyringCall } from './messages.js';

const words: WordSource = {
  fromHash: wordsFromBytes,
  draw: (p, count) => Array.from({ length: count }, () => EFF_LONG_WORDS[drawIndex(p)] ?? ''),
};

/** A uniform index: 16-bit draws beyond the last whole multiple of 7776 are thrown away. */
function drawIndex(p: Primitives): number {
  const size = EFF_LONG_WORDS.length;
  const limit = Math.floor(65_536 / size) * size;
  for (;;) {
    const [high = 0, low = 0] = p.randomBytes(2);
    const draw = high * 256 + low;
    if (draw < limit) return draw % size;
  }
}

interface WorkerScope {
  onmessage: ((event: MessageEvent<KeyringCall>) => void) | null;
  postMessage(answer: KeyringAnswer): void;
}
const scope = globalThis as unknown as WorkerScope;

const keyring: Promise<KeyringApi> = Promise.all([strongPrimitives(), passwordHash()]).then(([p, hash]) =>
  createKeyring(p, hash, words),
);

async function answer({ id, method, input }: KeyringCall): Promise<KeyringAnswer> {
  try {
    const api = await keyring;
    // The page's half of this file is typed by KeyringApi; across the Worker's border nothing is.
    const methods = api as unknown as Readonly<Record<string, (input: unknown) => Promise<unknown>>>;
    return { id, output: await methods[method]?.(input) };
  } catch (error) {
    // The name alone: a message might quote what it choked on.
    return { id, failed: error instanceof Error ? error.name : 'Error' };
  }
}

scope.onmessage = (event) => {
  void answer(event.data).then((result) => {
    scope.postMessage(result);
  });
};
