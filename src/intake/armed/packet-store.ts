import { Inject, Injectable } from '@nestjs/common';
import {
  alertTag,
  armedLocator,
  equalBytes,
  isFullyGated,
  releaseKeysOf,
  verifyEnvelope,
  EnvelopeError,
  fromHex,
  type Primitives,
  type VerifiedEnvelope,
} from '@jardam/protocol';
import { ladderOf, nextStep } from '../../domain/policy.js';
import { parseSeverity } from '../../domain/severity.js';
import { Policies } from '../../escalation/policies.js';
import { EMPTY_CHAIN, EvidenceLog } from '../../evidence/evidence-log.js';
import { Gatekeeper } from '../../gatekeeper/gatekeeper.js';
import { databaseNow } from '../../platform/clock/clock.js';
import { PRIMITIVES } from '../../platform/crypto.js';
import type { Tx } from '../../platform/database/database.js';
import { RosterStore } from '../../roster/roster-store.js';
import { readSubmission, type Submission, type SubmissionRefusal } from '../acceptance/read-submission.js';
import { receiptLocatorHash } from '../mailbox/receipts.js';

/** How long a packet counts as fresh. Later it is still sent, marked stale. */
const packetLifeMs = 30 * 86_400_000;

export interface ArmInput {
  readonly coalitionId: number;
  /** Keyed hash of the account, 32 bytes. */
  readonly owner: Uint8Array;
  /** A submission (protocol: encodeSubmission) whose envelope is of kind 2 and whose header carries no release keys. */
  readonly packet: Uint8Array;
  /** RS, 32 bytes: from which every gate of the packet derives its key. */
  readonly releaseSecret: Uint8Array;
  /** The wrapped sender secret under the locator of seven words: becomes valid when the packet is sent. */
  readonly receipt?: { readonly locator: Uint8Array; readonly wrapped: Uint8Array };
}

export interface Armed {
  readonly locator: Uint8Array;
  readonly armedAt: Date;
  readonly expiresAt: Date;
  /** Exactly this packet was there before. */
  readonly repeated: boolean;
}

export type ArmRefusal =
  | SubmissionRefusal
  | {
      readonly refused:
        | 'release-inside'
        | 'not-fully-gated'
        | 'wrong-secret'
        | 'unknown-roster'
        | 'stale-roster'
        | 'unknown-policy'
        | 'tier-not-in-policy'
        | 'no-tier-allowed'
        /** The packet, or its sender secret, is in use or was used before: seal anew. */
        | 'alert-exists';
    };

/** Takes packets in: everything that could keep one from being sent later is found now, while its owner can mend it. */
@Injectable()
export class PacketStore {
  constructor(
    @Inject(PRIMITIVES) private readonly p: Primitives,
    private readonly rosters: RosterStore,
    private readonly policies: Policies,
    private readonly gatekeeper: Gatekeeper,
    private readonly evidence: EvidenceLog,
  ) {}

  /** Checks and stores a packet, and writes ARM. The release secret is kept, sealed by the gatekeeper. */
  async put(tx: Tx, input: ArmInput, how: { readonly purpose: 'tap' | 'check_in'; readonly countdownSeconds: number | null }): Promise<Armed | ArmRefusal> {
    const checked = await this.check(tx, input);
    if ('refused' in checked) return checked;
    const { envelope, mailboxHash } = checked;
    const { coalitionId, owner } = input;
    const locator = armedLocator(this.p, envelope.alertId);
    const same = await this.sameAsBefore(tx, input, locator);
    if (same !== null) return same;
    if (await this.isUsed(tx, coalitionId, envelope.alertId, mailboxHash)) return { refused: 'alert-exists' };

    const now = await databaseNow(tx);
    const chained = this.evidence.chain(EMPTY_CHAIN, alertTag(this.p, envelope.alertId), now, [{ type: 'ARM', object: envelope.envelopeHash }]);
    await this.evidence.insert(tx, coalitionId, envelope.alertId, chained.rows);
    const expiresAt = new Date(now.getTime() + packetLifeMs);
    await tx.query(
      `INSERT INTO armed_packet (coalition_id, locator, owner, purpose, alert_id, submission, roster_version, secret_sealed,
                                 receipt_locator_hash, receipt_wrapped, chain_n, chain_head, chain_at, armed_at, expires_at,
                                 countdown_seconds)
       VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, now(), $14, $15)`,
      [
        coalitionId,
        Buffer.from(locator),
        Buffer.from(owner),
        how.purpose,
        Buffer.from(envelope.alertId),
        Buffer.from(input.packet),
        envelope.rosterVersion,
        Buffer.from(this.gatekeeper.sealSecret(coalitionId, envelope.alertId, input.releaseSecret)),
        input.receipt === undefined ? null : receiptLocatorHash(this.p, input.receipt.locator),
        input.receipt === undefined ? null : Buffer.from(input.receipt.wrapped),
        chained.head.n,
        Buffer.from(chained.head.hash),
        chained.head.at,
        expiresAt,
        how.countdownSeconds,
      ],
    );
    return { locator, armedAt: now, expiresAt, repeated: false };
  }

  private async check(tx: Tx, { coalitionId, packet, releaseSecret }: ArmInput): Promise<{ envelope: VerifiedEnvelope; mailboxHash: Uint8Array } | ArmRefusal> {
    const submission = readSubmission(packet, 2);
    if ('refused' in submission) return submission;
    const { header } = submission;
    if (Object.keys(header.release).length > 0) return { refused: 'release-inside' };
    if (!isFullyGated(submission.envelope)) return { refused: 'not-fully-gated' };
    const refusal = (await this.refusePolicy(tx, coalitionId, submission)) ?? (await this.refuseRoster(coalitionId, submission));
    if (refusal !== null) return refusal;
    const envelope = this.verify(submission);
    if ('refused' in envelope) return envelope;
    if (releaseKeysOf(this.p, envelope, releaseSecret) === null) return { refused: 'wrong-secret' };
    return { envelope, mailboxHash: Buffer.from(header.mailbox, 'base64url') };
  }

  private verify({ envelope }: Submission): VerifiedEnvelope | SubmissionRefusal {
    try {
      return verifyEnvelope(this.p, envelope.bytes);
    } catch (error) {
      if (error instanceof EnvelopeError) return { refused: error.code };
      throw error;
    }
  }

  private async refusePolicy(tx: Tx, coalitionId: number, { header }: Submission): Promise<ArmRefusal | null> {
    const sha256 = fromHex(header.policy.sha256, 32);
    const version = sha256 === null ? null : await this.policies.bySha256(tx, coalitionId, header.policy.id, sha256);
    if (version === null) return { refused: 'unknown-policy' };
    const known = new Set(version.policy.tiers.map(({ tier }) => tier));
    if (!header.tiers.every((tier) => known.has(tier))) return { refused: 'tier-not-in-policy' };
    const severity = parseSeverity(header.severity);
    if (severity === null) throw new Error('a header with an unknown severity passed its check');
    return nextStep(ladderOf(version.policy, severity, header.tiers), 0) ? null : { refused: 'no-tier-allowed' };
  }

  /** Arming is done in peace: a list that was replaced is refused, so that the packet starts out fresh. */
  private async refuseRoster(coalitionId: number, { envelope }: Submission): Promise<ArmRefusal | null> {
    const found = await this.rosters.find(coalitionId, envelope.rosterVersion, envelope.rosterHash);
    if (found === null) return { refused: 'unknown-roster' };
    return found.supersededAt === null ? null : { refused: 'stale-roster' };
  }

  /** A client that lost our answer sends the same packet again. */
  private async sameAsBefore(tx: Tx, { coalitionId, owner, packet }: ArmInput, locator: Uint8Array): Promise<Armed | ArmRefusal | null> {
    const { rows } = await tx.query<{ owner: Buffer; submission: Buffer | null; armed_at: Date; expires_at: Date }>(
      'SELECT owner, submission, armed_at, expires_at FROM armed_packet WHERE coalition_id = $1 AND locator = $2',
      [coalitionId, Buffer.from(locator)],
    );
    const row = rows[0];
    if (row === undefined) return null;
    const same = row.submission !== null && equalBytes(row.owner, owner) && equalBytes(row.submission, packet);
    return same ? { locator, armedAt: row.armed_at, expiresAt: row.expires_at, repeated: true } : { refused: 'alert-exists' };
  }

  /** An id or a mailbox that is taken would be found out when the packet is sent, and that is too late. */
  private async isUsed(tx: Tx, coalitionId: number, alertId: Uint8Array, mailboxHash: Uint8Array): Promise<boolean> {
    const { rows } = await tx.query<{ used: boolean }>(
      `SELECT EXISTS (SELECT FROM event WHERE coalition_id = $1 AND alert_id = $2)
           OR EXISTS (SELECT FROM alert WHERE coalition_id = $1 AND mailbox_hash = $3) AS used`,
      [coalitionId, Buffer.from(alertId), Buffer.from(mailboxHash)],
    );
    return rows[0]?.used ?? true;
  }
}
