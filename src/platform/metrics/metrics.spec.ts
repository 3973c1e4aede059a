import { afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { Logger } from '@nestjs/common';
import { Metrics } from './metrics.js';
import { MetricsModule } from './metrics.module.js';

describe('the metrics', () => {
  let module: MetricsModule | undefined;
  beforeAll(() => {
    Logger.overrideLogger(false);
  });
  afterEach(() => module?.onApplicationShutdown());

  it('are served on a listener of their own, which knows nothing else', async () => {
    const metrics = new Metrics();
    metrics.counter('alerts_moved_total', 'Alerts moved', ['severity']).inc({ severity: 'S1' }, 3);
    module = new MetricsModule(metrics, { host: '127.0.0.1', port: 0 });
    await module.onApplicationBootstrap();
    const origin = `http://127.0.0.1:${String(module.boundPort())}`;

    const answer = await fetch(`${origin}/metrics`);
    expect(answer.headers.get('content-type')).toContain('text/plain');
    const text = await answer.text();
    expect(text).toContain('jardam_alerts_moved_total{severity="S1"} 3');
    expect(text).toContain('jardam_process_cpu_seconds_total');

    expect((await fetch(`${origin}/`)).status).toBe(404);
    expect((await fetch(`${origin}/metrics`, { method: 'POST' })).status).toBe(404);
  });

  it('are not served at all unless a port is named', async () => {
    module = new MetricsModule(new Metrics(), { host: '127.0.0.1' });
    await module.onApplicationBootstrap();
    expect(module.boundPort()).toBeNull();
  });
});
