import { Injectable } from '@nestjs/common';
import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from 'prom-client';

/**
 * Numbers for the operator's monitoring. Labels are fixed words (tier, severity, channel, outcome), never ids,
 * names or addresses: whoever reads the metrics learns how much happens, not whom it concerns.
 */
@Injectable()
export class Metrics {
  private readonly registry = new Registry();

  /** Memory, event loop and garbage collection of the process; only when somebody will look. */
  collectProcessMetrics(): void {
    collectDefaultMetrics({ register: this.registry, prefix: 'jardam_' });
  }

  counter<L extends string>(name: string, help: string, labels: readonly L[] = []): Counter<L> {
    return new Counter({ name: `jardam_${name}`, help, labelNames: labels, registers: [this.registry] });
  }

  gauge<L extends string>(name: string, help: string, labels: readonly L[] = []): Gauge<L> {
    return new Gauge({ name: `jardam_${name}`, help, labelNames: labels, registers: [this.registry] });
  }

  /** @param bucketsSeconds upper bounds in seconds */
  histogram<L extends string>(name: string, help: string, bucketsSeconds: readonly number[], labels: readonly L[] = []): Histogram<L> {
    return new Histogram({ name: `jardam_${name}`, help, buckets: [...bucketsSeconds], labelNames: labels, registers: [this.registry] });
  }

  /** All metrics in the text form of Prometheus. */
  text(): Promise<string> {
    return this.registry.metrics();
  }

  readonly contentType = Registry.PROMETHEUS_CONTENT_TYPE;
}
