import { Inject, Injectable, Logger, type OnApplicationBootstrap, type OnModuleDestroy } from '@nestjs/common';
import { INSTANCE_CONFIG, WATCHING_CONFIG, type InstanceConfig, type WatchingConfig } from '../platform/config/slices.js';
import { Database } from '../platform/database/database.js';
import { Health } from '../platform/health/health.js';
import { Metrics } from '../platform/metrics/metrics.js';
import { audit, FINDINGS, type Finding, type Readings } from './audit.js';
import { ping } from './outside-switch.js';
import { SyntheticAlerts } from './synthetic/synthetic-alerts.js';

/** How often the tables are looked at; more often only when the switch wants to hear more often. */
const auditIntervalMs = 15_000;
/** Before it has looked once, an engine that has just been started would be called silent. */
const firstAuditAfterMs = 3_000;

/**
 * Who watches the watcher: an audit of what the engine should have done, shown as metrics and health, and a sign of
 * life to somebody outside that is sent only after an audit that found nothing. Silence is the alarm: it also rings
 * when this process, its machine or its network is gone.
 */
@Injectable()
export class Watch implements OnApplicationBootstrap, OnModuleDestroy {
  private readonly logger = new Logger('Watch');
  private readonly gauges;
  private readonly pings;
  private timer: NodeJS.Timeout | undefined;
  private first: NodeJS.Timeout | undefined;
  private running: Promise<void> | undefined;
  private pingedAt = -Infinity;
  private findings: readonly Finding[] = [];
  private lastPing: 'taken' | 'refused' | 'no-answer' | 'none' = 'none';

  constructor(
    private readonly database: Database,
    private readonly health: Health,
    private readonly synthetic: SyntheticAlerts,
    metrics: Metrics,
    @Inject(INSTANCE_CONFIG) private readonly instance: InstanceConfig,
    @Inject(WATCHING_CONFIG) private readonly config: WatchingConfig,
  ) {
    this.gauges = {
      findings: metrics.gauge('audit_findings', '1 for what the last audit found to be wrong', ['finding']),
      passed: metrics.gauge('audit_passed', '1 when the last audit found nothing overdue'),
      heartbeat: metrics.gauge('engine_heartbeat_age_seconds', 'Since any engine of any instance was heard of'),
      engines: metrics.gauge('engines', 'Engines that were heard of within 20 s'),
      xmin: metrics.gauge('xmin_age_transactions', 'Transactions that vacuum has to look past'),
      oldest: metrics.gauge('oldest_transaction_seconds', 'Age of the oldest open transaction that can be seen'),
    };
    this.pings = metrics.counter('outside_switch_pings_total', 'Signs of life to the outside switch', ['outcome']);
  }

  onApplicationBootstrap(): void {
    if (!this.instance.roles.includes('engine')) return;
    this.health.register('watching', () => this.state(), { required: false });
    this.timer = setInterval(() => this.look(), Math.min(auditIntervalMs, this.config.heartbeatIntervalMs));
    this.timer.unref();
    this.first = setTimeout(() => this.look(), firstAuditAfterMs).unref();
  }

  async onModuleDestroy(): Promise<void> {
    clearInterval(this.timer);
    clearTimeout(this.first);
    await this.running;
  }

  private look(): void {
    this.running ??= this.round().finally(() => (this.running = undefined));
  }

  private async round(): Promise<void> {
    const readings = await audit(this.database).catch(() => null); // a database that does not answer has its own health check
    this.show(readings);
    if (this.findings.length > 0 || this.config.heartbeatUrl === undefined) return;
    if (performance.now() - this.pingedAt < this.config.heartbeatIntervalMs * 0.9) return; // the interval is not exact either
    this.pingedAt = performance.now();
    const outcome = await ping({ url: this.config.heartbeatUrl, method: this.config.heartbeatMethod });
    this.pings.inc({ outcome });
    if (outcome !== 'taken' && this.lastPing !== outcome) this.logger.warn(`the outside switch did not take the sign of life: ${outcome}`);
    this.lastPing = outcome;
  }

  private show(readings: Readings | null): void {
    const findings: Finding[] = [...(readings?.findings ?? ['database-silent' as const]), ...(this.synthetic.lastFailed ? ['synthetic-unanswered' as const] : [])];
    const news = findings.filter((finding) => !this.findings.includes(finding));
    if (news.length > 0) this.logger.error(`the audit found: ${news.join(', ')}; the outside switch hears nothing until this is over`);
    this.findings = findings;
    for (const finding of FINDINGS) this.gauges.findings.set({ finding }, findings.includes(finding) ? 1 : 0);
    this.gauges.passed.set(findings.length === 0 ? 1 : 0);
    if (!readings) return;
    this.gauges.heartbeat.set(readings.engineSilenceS ?? 0);
    this.gauges.engines.set(readings.engines);
    this.gauges.xmin.set(readings.xminAgeTransactions);
    this.gauges.oldest.set(readings.oldestTransactionS);
  }

  private state(): { ok: true } | { ok: false; reason: string } {
    const [first] = this.findings;
    if (first !== undefined) return { ok: false, reason: first };
    return this.lastPing === 'taken' || this.lastPing === 'none' ? { ok: true } : { ok: false, reason: `outside-switch-${this.lastPing}` };
  }
}
