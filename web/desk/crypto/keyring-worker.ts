// The page's end of the keyring: typed calls into a Worker, and the switch that ends it.
import { startWorker } from '../../common/worker.js';
import url from './desk.worker.ts?worker&url';
import type { KeyringAnswer, KeyringApi, KeyringMethod } from './messages.js';

export interface KeyringHandle extends KeyringApi {
  /** Ends the Worker: keys, content keys and decrypted bytes in it are gone. Calls under way are rejected. */
  terminate(): void;
}

/** A call that the Worker could not answer; refusals are values, so this is a fault. */
export class KeyringFailure extends Error {
  override readonly name = 'KeyringFailure';
}

interface Waiting {
  resolve(output: unknown): void;
  reject(reason: Error): void;
}

const methods: readonly KeyringMethod[] = [
  'suggestPassphrase',
  'instanceWords',
  'createKeys',
  'provePossession',
  'unlock',
  'checkRoster',
  'identify',
  'signIn',
  'openAlert',
  'checkRecord',
  'openFile',
  'signAct',
  'sealReply',
  'changePassphrase',
];

/** Starts the Worker. It loads its cryptography in the background; calls wait for it. */
export function startKeyring(): KeyringHandle {
  const worker = startWorker(url);
  const waiting = new Map<number, Waiting>();
  let lastId = 0;

  const rejectAll = (reason: string): void => {
    for (const each of waiting.values()) each.reject(new KeyringFailure(reason));
    waiting.clear();
  };
  worker.onmessage = ({ data }: MessageEvent<KeyringAnswer>) => {
    const call = waiting.get(data.id);
    waiting.delete(data.id);
    if ('failed' in data) call?.reject(new KeyringFailure(data.failed));
    else call?.resolve(data.output);
  };
  worker.onerror = () => {
    rejectAll('the keyring could not start');
  };

  const call = (method: KeyringMethod, input: unknown): Promise<unknown> =>
    new Promise((resolve, reject) => {
      const id = ++lastId;
      waiting.set(id, { resolve, reject });
      worker.postMessage({ id, method, input });
    });
  const api = Object.fromEntries(methods.map((method) => [method, (input: unknown) => call(method, input)]));
  return {
    ...(api as unknown as KeyringApi),
    terminate: () => {
      worker.terminate();
      rejectAll('locked');
    },
  };
}
