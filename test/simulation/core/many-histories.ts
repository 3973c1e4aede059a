import { availableParallelism } from 'node:os';
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads';
import { runHistories } from './histories.js';

const sliceSize = 5_000;

/**
 * A million histories on all processors. The seeds are the same as in one thread.
 *
 * @param tell called with how many are done
 * @returns how many alerts were accepted
 * @throws what the first failing history throws
 */
export async function runManyHistories(seed: number, count: number, tell: (done: number) => void): Promise<number> {
  let next = 0;
  let done = 0;
  let lived = 0;
  const work = async (): Promise<void> => {
    while (next < count) {
      const from = next;
      const size = Math.min(sliceSize, count - from);
      next += size;
      const accepted = await inWorker(seed + from, size);
      lived += accepted;
      done += size;
      tell(done);
    }
  };
  await Promise.all(Array.from({ length: Math.min(availableParallelism(), Math.ceil(count / sliceSize)) }, work));
  return lived;
}

function inWorker(seed: number, count: number): Promise<number> {
  return new Promise((resolve, reject) => {
    const worker = new Worker(new URL(import.meta.url), { workerData: { seed, count } });
    worker.once('message', resolve);
    worker.once('error', reject);
  });
}

if (!isMainThread) {
  const { seed, count } = workerData as { seed: number; count: number };
  parentPort?.postMessage(runHistories(seed, count));
}
