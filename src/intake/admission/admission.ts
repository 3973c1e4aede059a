import { Inject, Injectable } from '@nestjs/common';
import type { Primitives } from '@jardam/protocol';
import { ADMISSION_CONFIG, type AdmissionConfig } from '../../platform/config/slices.js';
import { PRIMITIVES } from '../../platform/crypto.js';
import { DEFAULT_COALITION } from '../../platform/coalition.js';
import { Database } from '../../platform/database/database.js';
import { ClockEstimate } from '../clock-estimate.js';
import { issueChallenge, provenBits, type AdmissionChallenge, type AdmissionProof } from './admission-token.js';
import { countWorthKnowing, difficultyBits } from './difficulty.js';

/** Token of the 32-byte key behind challenges and the answers to unknown receipts. */
export const ADMISSION_KEY = Symbol('AdmissionKey');

/** How old the count of recent reports may be; what this instance accepted itself is added without delay. */
const countAgainAfterMs = 1_000;

/** A client that solved a challenge while the difficulty rose by this much is let in, or it would run after it. */
const toleratedRiseBits = 1;

/**
 * Slows a flood of anonymous reports by work in the client. No address is read, nothing is stored for it, and S1 never
 * comes here. Several instances agree because the measure is what the database accepted from all of them.
 */
@Injectable()
export class Admission {
  private counted = { total: 0, atMs: Number.NEGATIVE_INFINITY };
  private acceptedSince = 0;
  private counting: Promise<void> | undefined;

  constructor(
    @Inject(PRIMITIVES) private readonly p: Primitives,
    @Inject(ADMISSION_KEY) private readonly key: Uint8Array,
    @Inject(ADMISSION_CONFIG) private readonly config: AdmissionConfig,
    @Inject(Database) private readonly database: Database,
    @Inject(ClockEstimate) private readonly clock: ClockEstimate,
  ) {}

  /** A challenge of today's difficulty. */
  async challenge(): Promise<AdmissionChallenge> {
    const bits = await this.bitsNow();
    return issueChallenge(this.p, this.key, bits, this.nowMs() + this.config.challengeLifetimeMs);
  }

  /** Whether a report that is not S1 may pass. Free while little comes in. */
  async admits(alertId: Uint8Array, proof: AdmissionProof | undefined): Promise<boolean> {
    const needed = await this.bitsNow();
    if (needed === 0) return true;
    const shown = proof === undefined ? null : provenBits(this.p, this.key, proof, alertId, this.nowMs());
    return shown !== null && shown >= needed - toleratedRiseBits;
  }

  /** Counts a report that was accepted here, until the database's count includes it. */
  accepted(): void {
    this.acceptedSince++;
  }

  private async bitsNow(): Promise<number> {
    if (performance.now() - this.counted.atMs > countAgainAfterMs) {
      this.counting ??= this.count().finally(() => (this.counting = undefined));
      await this.counting;
    }
    return difficultyBits(this.counted.total + this.acceptedSince, this.config);
  }

  private async count(): Promise<void> {
    const acceptedBefore = this.acceptedSince;
    const { rows } = await this.database.query<{ total: number }>({
      name: 'admission-count',
      text: `SELECT count(*) AS total FROM (
               SELECT FROM alert
               WHERE coalition_id = $1 AND severity > 1 AND received_at > now() - $2 * interval '1 millisecond'
               LIMIT $3) AS recent`,
      values: [DEFAULT_COALITION, this.config.windowMs, countWorthKnowing(this.config)],
    });
    this.counted = { total: rows[0]?.total ?? 0, atMs: performance.now() };
    this.acceptedSince -= acceptedBefore;
  }

  private nowMs(): number {
    return this.clock.lastKnown() ?? Date.now();
  }
}
