import { randomUUID } from 'node:crypto';
import { Inject, Injectable, Logger, type OnApplicationBootstrap, type OnModuleDestroy } from '@nestjs/common';
import { utf8 } from '@jardam/protocol';
import type { Gap } from '../domain/coverage.js';
import { readOutlook } from '../escalation/rota-outlook.js';
import { COORDINATOR_ROLE, DEFAULT_COALITION } from '../platform/coalition.js';
import { INSTANCE_CONFIG, type InstanceConfig } from '../platform/config/slices.js';
import { Database, type Tx } from '../platform/database/database.js';
import { Metrics } from '../platform/metrics/metrics.js';
import { ContactBook } from '../roster/contact-book.js';
import { CHANNELS, type Channels } from './channel.js';

const lookEveryMs = 3_600_000;
/** A start is busy enough; and a test of something else should not get mail about its shifts. */
const firstLookAfterMs = 120_000;
/** A gap that is still there is announced again after this. */
const repeatMs = 7 * 86_400_000;
const keptMs = 60 * 86_400_000;
const sendTimeoutMs = 10_000;
const lockKey = 0x4a44_4757; // "JDGW"

/**
 * Tells the coordinators and the duty desk a week ahead that shifts lack people. The message says no more than that;
 * which ones is on the desk. Every instance looks; one of them sends.
 */
@Injectable()
export class GapWatch implements OnApplicationBootstrap, OnModuleDestroy {
  private readonly logger = new Logger('Shifts');
  private readonly gaps;
  private timer: NodeJS.Timeout | undefined;

  constructor(
    private readonly database: Database,
    private readonly contacts: ContactBook,
    @Inject(CHANNELS) private readonly channels: Channels,
    @Inject(INSTANCE_CONFIG) private readonly instance: InstanceConfig,
    metrics: Metrics,
  ) {
    this.gaps = metrics.gauge('shift_gaps', 'Times of the coming week in which a tier lacks people', ['kind']);
  }

  onApplicationBootstrap(): void {
    if (!this.instance.roles.includes('engine')) return;
    this.later(firstLookAfterMs);
  }

  onModuleDestroy(): void {
    clearTimeout(this.timer);
    this.timer = undefined;
  }

  /** Looks once and sends what is new. @returns how many gaps were announced */
  async look(): Promise<number> {
    const { tiers } = await readOutlook(this.database, DEFAULT_COALITION);
    const gaps = tiers.flatMap((tier) => tier.gaps);
    for (const kind of ['uncovered', 'closed', 'thin'] as const) this.gaps.set({ kind }, gaps.filter((gap) => gap.kind === kind).length);
    if (gaps.length === 0) return 0;
    return this.database.transaction((tx) => this.announce(tx, gaps));
  }

  private async announce(tx: Tx, gaps: readonly Gap[]): Promise<number> {
    const { rows } = await tx.query<{ mine: boolean }>('SELECT pg_try_advisory_xact_lock($1) AS mine', [lockKey]);
    if (rows[0]?.mine !== true) return 0; // another instance is at it
    const fresh: Gap[] = [];
    for (const gap of gaps) if (!(await wasAnnounced(tx, gap))) fresh.push(gap);
    if (fresh.length === 0 || !(await this.tell(tx))) return 0;
    for (const { tier, kind, span } of fresh) {
      await tx.query(`INSERT INTO gap_warning (coalition_id, tier, kind, span) VALUES ($1, $2, $3, tstzrange($4, $5))`, [
        DEFAULT_COALITION,
        tier,
        kind,
        new Date(span.start),
        new Date(span.end),
      ]);
    }
    await tx.query(`DELETE FROM gap_warning WHERE coalition_id = $1 AND warned_at < now() - make_interval(secs => $2)`, [DEFAULT_COALITION, keptMs / 1000]);
    return fresh.length;
  }

  /** Whether anybody's provider took the message; if none did, the next look tries again. */
  private async tell(tx: Tx): Promise<boolean> {
    const { rows } = await tx.query<{ contact_id: string }>(
      `SELECT DISTINCT ON (coalesce(c.rid, c.contact_id::text::bytea)) c.contact_id
       FROM contact c LEFT JOIN responder r USING (coalition_id, rid)
       WHERE c.coalition_id = $1 AND c.verified_at IS NOT NULL AND c.disabled_at IS NULL
         AND (c.purpose = 'duty_desk' OR (r.role = $2 AND r.status = 'active'))
       ORDER BY coalesce(c.rid, c.contact_id::text::bytea), c.priority`,
      [DEFAULT_COALITION, COORDINATOR_ROLE],
    );
    const taken = await Promise.all(rows.map(({ contact_id }) => this.send(tx, contact_id)));
    if (!taken.includes(true)) this.logger.warn('shifts lack people, and nobody could be told; the next look tries again');
    return taken.includes(true);
  }

  private async send(tx: Tx, contactId: string): Promise<boolean> {
    const contact = await this.contacts.find(tx, DEFAULT_COALITION, contactId);
    const channel = contact === null ? undefined : this.channels.get(contact.channel);
    if (contact === null || channel === undefined) return false;
    const deliveryId = randomUUID();
    const outcome = await channel.send(
      {
        deliveryId,
        address: this.contacts.openAddress(contact),
        lang: contact.lang,
        purpose: 'shifts',
        severity: 4,
        pgpKey: contact.pgpKey,
        tag: this.contacts.tagOf(contact.coalitionId, contactId, utf8(deliveryId)),
      },
      { signal: AbortSignal.timeout(sendTimeoutMs) },
    );
    return outcome.kind === 'accepted';
  }

  private later(ms: number): void {
    this.timer = setTimeout(() => {
      void this.look()
        .catch(() => this.logger.warn('shifts could not be looked at; the next look follows'))
        .finally(() => this.timer && this.later(lookEveryMs));
    }, ms);
    this.timer.unref();
  }
}

/** A time that begins inside an announced one is the same gap, seen later. */
async function wasAnnounced(tx: Tx, { tier, kind, span }: Gap): Promise<boolean> {
  const { rowCount } = await tx.query(
    `SELECT FROM gap_warning WHERE coalition_id = $1 AND tier = $2 AND kind = $3 AND span && tstzrange($4, $5)
       AND warned_at > now() - make_interval(secs => $6) LIMIT 1`,
    [DEFAULT_COALITION, tier, kind, new Date(span.start), new Date(span.end), repeatMs / 1000],
  );
  return rowCount > 0;
}
