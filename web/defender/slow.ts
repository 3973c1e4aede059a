import { startWorker } from '../common/worker.js';
import type { SlowAnswer, SlowAsk, SlowJob } from './slow-job-types.js';
import { doSlowJob } from './slow-work.js';
import workerUrl from './slow.worker.ts?worker&url';

/** Runs one slow job in a Worker of its own, which is ended afterwards: ending it is the only way to clear what the job
 *  left in memory. Where Workers are refused it runs on the page; everything in it gives the event loop its turns. */
export function slowly<J extends SlowJob>(job: J, ask: SlowAsk<J>): Promise<SlowAnswer<J>> {
  let worker: Worker;
  try {
    worker = startWorker(workerUrl);
  } catch {
    return doSlowJob(job, ask);
  }
  return new Promise<SlowAnswer<J>>((resolve, reject) => {
    worker.onmessage = ({ data }: MessageEvent<{ answer: SlowAnswer<J> } | { failed: string }>) => {
      if ('answer' in data) resolve(data.answer);
      else reject(new Error(data.failed));
    };
    // The script could not be fetched (a cut line): the page has what it needs to do the job itself, or fails alike.
    worker.onerror = () => doSlowJob(job, ask).then(resolve, reject);
    worker.postMessage({ job, ask });
  }).finally(() => {
    worker.terminate();
  });
}
