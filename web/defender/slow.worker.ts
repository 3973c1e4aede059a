// The Worker: one job, one answer, and the page ends it, which clears its memory, keys and passwords included.
import type { SlowAsk, SlowJob } from './slow-job-types.js';
import { doSlowJob } from './slow-work.js';

const scope = globalThis as unknown as {
  onmessage: ((event: MessageEvent<{ job: SlowJob; ask: SlowAsk<SlowJob> }>) => void) | null;
  postMessage(message: unknown): void;
};

scope.onmessage = ({ data }) => {
  doSlowJob(data.job, data.ask as never).then(
    (answer) => scope.postMessage({ answer }),
    (error: unknown) => scope.postMessage({ failed: error instanceof Error ? error.message : 'failed' }),
  );
};
