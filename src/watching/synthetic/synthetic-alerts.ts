import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Inject, Injectable, Logger, type OnApplicationBootstrap, type OnModuleDestroy } from '@nestjs/common';
import { fromHex, toHex, type Primitives } from '@jardam/protocol';
import { WATCH_POLICY_ID } from '../../domain/policy.js';
import { DEFAULT_COALITION } from '../../platform/coalition.js';
import { INSTANCE_CONFIG, WATCHING_CONFIG, type InstanceConfig, type WatchingConfig } from '../../platform/config/slices.js';
import { PRIMITIVES } from '../../platform/crypto.js';
import { Database } from '../../platform/database/database.js';
import { readOrMakeKeyFile } from '../../platform/key-file.js';
import type { SmtpListener } from '../../platform/mail/smtp-listener.js';
import { Metrics } from '../../platform/metrics/metrics.js';
import { RosterStore } from '../../roster/roster-store.js';
import { RobotClient } from './robot-client.js';
import { startRobotMailbox } from './robot-mailbox.js';
import { robotOf, type Robot } from './robot.js';
import { sealSynthetic, type SealedTo } from './seal-synthetic.js';

/** A mail may be on its way for a while; two minutes for a critical alert would be too much. */
const answerTimeoutMs = 120_000;
const answerBucketsSeconds = [0.25, 0.5, 1, 2, 5, 10, 30, 60, 120];
/** Synthetic reports are kept this long, for looking at what happened. */
const keepDays = 1;

type Outcome = 'answered' | 'unanswered' | 'not-accepted' | 'not-rostered';

/** File of the robot's keys; made by `jardam robot enrol`, or at the first start. */
export function robotKeyFile({ dataDir }: Pick<InstanceConfig, 'dataDir'>): string {
  return join(dataDir, 'keys', 'robot.key');
}

/**
 * A report every few minutes that takes the whole way of a real one: sealed, posted through the front door, escalated,
 * mailed by the real mail server; and a robot that opens the desk only when the mail has arrived, opens the report with
 * its key, signs that it takes it, and closes it. What the audit cannot see (a mail server that takes everything and
 * delivers nothing, a proxy that lost its certificate) is seen here.
 */
@Injectable()
export class SyntheticAlerts implements OnApplicationBootstrap, OnModuleDestroy {
  private readonly logger = new Logger('Synthetic');
  private readonly outcomes;
  private readonly answerTime;
  private readonly stop = new AbortController();
  private mailbox: SmtpListener | undefined;
  private robot: Robot | undefined;
  private running: Promise<void> | undefined;
  private desk: Promise<unknown> = Promise.resolve();
  private readonly answered = new Set<string>();
  private failing = false;

  constructor(
    private readonly database: Database,
    private readonly rosters: RosterStore,
    metrics: Metrics,
    @Inject(PRIMITIVES) private readonly p: Primitives,
    @Inject(INSTANCE_CONFIG) private readonly instance: InstanceConfig,
    @Inject(WATCHING_CONFIG) private readonly config: WatchingConfig,
  ) {
    this.outcomes = metrics.counter('synthetic_alerts_total', 'Synthetic reports by what became of them', ['outcome']);
    this.answerTime = metrics.histogram('synthetic_answer_seconds', 'From posting a synthetic report to its signed acknowledgement', answerBucketsSeconds);
  }

  async onApplicationBootstrap(): Promise<void> {
    if (!this.config.robot || !this.instance.roles.includes('engine')) return;
    this.robot = robotOf(this.p, readOrMakeKeyFile(robotKeyFile(this.instance)));
    this.mailbox = await startRobotMailbox({ host: this.config.robotMailHost, port: this.config.robotMailPort, mailbox: this.robot.mailbox }, () => this.told());
    this.logger.log(`the robot's mail is taken on port ${this.mailbox.port}`);
    this.running = this.run(this.robot);
  }

  async onModuleDestroy(): Promise<void> {
    this.stop.abort();
    await this.running;
    await this.desk;
    await this.mailbox?.stop();
  }

  /** Whether the last synthetic report did not come to its end; for the audit. */
  get lastFailed(): boolean {
    return this.failing;
  }

  private async run(robot: Robot): Promise<void> {
    while (!this.stop.signal.aborted) {
      const startedAt = performance.now();
      const outcome = await this.once(robot).catch((error: unknown): Outcome => {
        this.logger.warn(`a synthetic report did not come through: ${error instanceof Error ? error.name : 'unknown'}`);
        return 'not-accepted';
      });
      if (this.stop.signal.aborted) return; // cut short by ourselves: says nothing
      this.outcomes.inc({ outcome });
      if ((outcome !== 'answered') !== this.failing) this.logger.warn(outcome === 'answered' ? 'synthetic reports are answered again' : `a synthetic report was ${outcome}`);
      this.failing = outcome !== 'answered';
      await sleep(Math.max(0, this.config.robotIntervalMs - (performance.now() - startedAt)), undefined, { signal: this.stop.signal, ref: false }).catch(() => undefined);
    }
  }

  private async once(robot: Robot): Promise<Outcome> {
    const to = await this.addressee(robot);
    if (to === null) return 'not-rostered';
    const client = this.clientOf(robot, to.instanceId);
    const report = sealSynthetic(this.p, robot, to);
    const id = toHex(report.alertId);
    const startedAt = performance.now();
    if (!(await client.report(report))) return 'not-accepted';
    const until = startedAt + Math.min(answerTimeoutMs, this.config.robotIntervalMs);
    while (!this.answered.has(id) && performance.now() < until && !this.stop.signal.aborted) {
      await sleep(50, undefined, { signal: this.stop.signal, ref: false }).catch(() => undefined);
    }
    if (this.answered.delete(id)) {
      this.answerTime.observe((performance.now() - startedAt) / 1000);
      await this.forgetOld();
      return 'answered';
    }
    // Closed all the same, so that nobody is called because of a test.
    if (!this.stop.signal.aborted) await client.clearDesk('given-up').catch((error: unknown) => this.logger.warn('an unanswered synthetic report could not be closed', error));
    return 'unanswered';
  }

  /** A notice has arrived. One after another: two mails must not sign for the same report twice. */
  private told(): void {
    const { robot } = this;
    if (!robot || this.stop.signal.aborted) return;
    this.desk = this.desk
      .then(async () => {
        const instanceId = await this.rosters.instanceId(DEFAULT_COALITION);
        if (instanceId === null) return;
        for (const id of await this.clientOf(robot, instanceId).clearDesk('answered')) this.answered.add(id);
      })
      .catch((error: unknown) => this.logger.warn('the robot could not answer', error));
  }

  private clientOf(robot: Robot, instanceId: Uint8Array): RobotClient {
    return new RobotClient(this.p, robot, instanceId, this.config.robotUrl ?? this.instance.publicUrl);
  }

  /** null until custodians have signed a roster that names the robot, and its policy is published. */
  private async addressee(robot: Robot): Promise<SealedTo | null> {
    const [roster, instanceId] = [await this.rosters.current(DEFAULT_COALITION), await this.rosters.instanceId(DEFAULT_COALITION)];
    const { rows } = await this.database.query<{ sha256: Buffer }>(
      'SELECT sha256 FROM policy_version WHERE coalition_id = $1 AND policy_id = $2 ORDER BY version DESC LIMIT 1',
      [DEFAULT_COALITION, WATCH_POLICY_ID],
    );
    const listed = roster?.body.responders.find(({ rid, status }) => status === 'active' && fromHex(rid, 16)?.every((byte, at) => byte === robot.rid[at]) === true);
    if (!roster || !instanceId || !rows[0] || !listed) return null;
    return { instanceId, rosterVersion: roster.body.version, rosterHash: roster.hash, policySha256: rows[0].sha256, org: listed.org };
  }

  /** Within two days only: what is older was deleted before, and the index on arrival need not be walked to its start. */
  private async forgetOld(): Promise<void> {
    await this.database.query(
      `DELETE FROM alert a USING policy_version v, alert_timer t
       WHERE a.coalition_id = $1 AND a.severity > 1 AND a.received_at BETWEEN now() - make_interval(days => $3 + 2) AND now() - make_interval(days => $3)
         AND v.coalition_id = a.coalition_id AND v.policy_version_id = a.policy_version_id AND v.policy_id = $2
         AND t.coalition_id = a.coalition_id AND t.alert_id = a.alert_id AND t.due_at IS NULL`,
      [DEFAULT_COALITION, WATCH_POLICY_ID, keepDays],
    );
  }
}
