import { Injectable, Logger, Optional } from '@nestjs/common';
import { decide, type Leap, type TickContext } from '../domain/decide.js';
import { EvidenceLog } from '../evidence/evidence-log.js';
import { Database, type Tx } from '../platform/database/database.js';
import { claimDue } from './claim-due.js';
import { EscalationMetrics } from './escalation-metrics.js';
import { toLockedAlert, type LockedAlert } from './lock-alert.js';
import { Policies } from './policies.js';
import { readTickContexts } from './tick-context.js';
import { writeChanges, type Decided } from './write-changes.js';

/** An alert that cannot be decided is put off by this much, so that it does not hold up the others. */
const brokenRetryMs = 60_000;

/** Claims what is due, decides in domain/, and writes, in one transaction for each batch. */
@Injectable()
export class Tick {
  private readonly logger = new Logger('Escalation');

  constructor(
    private readonly database: Database,
    private readonly policies: Policies,
    private readonly log: EvidenceLog,
    @Optional() private readonly metrics?: EscalationMetrics,
  ) {}

  /**
   * One pass: every alert in it moves by at most one tier.
   *
   * @param leap the last time that the clock was put forward
   * @returns how many alerts were moved; fewer than `limit` means that nothing else was due
   */
  async pass(limit: number, sweep: boolean, leap: Leap | null = null): Promise<number> {
    const moved = await this.database.transaction(async (tx) => {
      const alerts = await this.lockDue(tx, limit, sweep);
      if (alerts.length === 0) return [];
      const contexts = await readTickContexts(tx, alerts, leap);
      const decided: (Decided & Pick<TickContext, 'entry'>)[] = [];
      for (const [at, alert] of alerts.entries()) {
        const context = contexts[at];
        if (!context) throw new Error('the context of a claimed alert is missing');
        decided.push({ alert, change: decide(alert.ladder, alert.timer, alert.now.getTime(), context), entry: context.entry });
      }
      await writeChanges(tx, this.log, decided);
      return decided;
    });
    this.metrics?.rang(moved);
    return moved.length;
  }

  /** Puts off the one alert that made a pass of one fail, and says so loudly. */
  async putOffFirst(sweep: boolean): Promise<void> {
    await this.database.transaction(async (tx) => {
      const [row] = await claimDue(tx, 1, sweep);
      if (!row) return;
      await tx.query(`UPDATE alert_timer SET due_at = now() + make_interval(secs => $3) WHERE coalition_id = $1 AND alert_id = $2`, [
        row.coalition_id,
        row.alert_id,
        brokenRetryMs / 1000,
      ]);
    });
    this.metrics?.putOff();
    this.logger.error('an alert could not be escalated and was put off by a minute; the others go on');
  }

  private async lockDue(tx: Tx, limit: number, sweep: boolean): Promise<LockedAlert[]> {
    const rows = await claimDue(tx, limit, sweep);
    const alerts: LockedAlert[] = [];
    for (const row of rows) alerts.push(toLockedAlert(row, await this.policies.byVersionId(tx, row.coalition_id, row.policy_version_id)));
    return alerts;
  }
}
