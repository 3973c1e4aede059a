import type { SlowAnswer, SlowAsk, SlowJob } from './slow-job-types.js';

/** Does one job where it is called: inside the Worker, or on the page where Workers are refused. What it takes is
 *  fetched only then. */
export async function doSlowJob<J extends SlowJob>(job: J, ask: SlowAsk<J>): Promise<SlowAnswer<J>> {
  return (await import('./slow-jobs.js')).slowJobs[job](ask);
}
