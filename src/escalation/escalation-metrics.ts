import { Injectable } from '@nestjs/common';
import type { TickContext } from '../domain/decide.js';
import { Metrics } from '../platform/metrics/metrics.js';
import type { Decided } from './write-changes.js';

/** A tick is a second; what takes longer than that is what somebody wants to see. */
const lagBucketsSeconds = [0.05, 0.1, 0.25, 0.5, 1, 1.5, 2, 5, 10, 30, 60, 300];

/** What the ladder does, in numbers. Counted after the commit: what was rolled back did not happen. */
@Injectable()
export class EscalationMetrics {
  private readonly lag;
  private readonly unreachable;
  private readonly putOffs;

  constructor(metrics: Metrics) {
    this.lag = metrics.histogram('escalation_lag_seconds', 'From the moment an alert was due to the decision about it', lagBucketsSeconds, ['severity']);
    this.unreachable = metrics.counter('tiers_unreachable_total', 'Tiers of which nobody could be reached, so that the next one was told', ['severity']);
    this.putOffs = metrics.counter('alerts_put_off_total', 'Times an alert could not be decided and was put off by a minute');
  }

  /** A committed pass; `entry` is the entry of the tier as it was before. */
  rang(decided: readonly (Decided & Pick<TickContext, 'entry'>)[]): void {
    for (const { alert, change, entry } of decided) {
      const severity = { severity: `S${alert.severity}` };
      if (alert.timer.dueAt !== null) this.lag.observe(severity, Math.max(0, alert.now.getTime() - alert.timer.dueAt) / 1000);
      // Counted when the ladder leaves such a tier, which it does within two seconds: the doors record them as well.
      const leaves = change.timer.gen > alert.timer.gen;
      if (leaves && (change.entryUpdate?.outcome ?? entry?.outcome) === 'not_reached') this.unreachable.inc(severity);
    }
  }

  putOff(): void {
    this.putOffs.inc();
  }
}
