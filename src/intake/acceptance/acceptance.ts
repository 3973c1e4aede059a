import { Inject, Injectable } from '@nestjs/common';
import { alertTag, envelopeHash, fromHex, type Primitives } from '@jardam/protocol';
import type { Ladder } from '../../domain/policy.js';
import { OnCall } from '../../escalation/on-call.js';
import { Policies, type PolicyVersion } from '../../escalation/policies.js';
import { EMPTY_CHAIN, EvidenceLog } from '../../evidence/evidence-log.js';
import { Gatekeeper } from '../../gatekeeper/gatekeeper.js';
import { DEFAULT_COALITION } from '../../platform/coalition.js';
import { PRIMITIVES } from '../../platform/crypto.js';
import { Database, type Tx } from '../../platform/database/database.js';
import { isDatabaseUnavailable } from '../../platform/database/unavailable.js';
import { RosterStore } from '../../roster/roster-store.js';
import { Admission } from '../admission/admission.js';
import type { AdmissionChallenge } from '../admission/admission-token.js';
import { ClockEstimate } from '../clock-estimate.js';
import { AcceptanceBatcher } from './acceptance-batcher.js';
import { draftAlert } from './draft-alert.js';
import { findExistingReport, type ExistingReport } from './existing-report.js';
import { insertAlerts, type InsertedAlert, type NewAlert } from './insert-alerts.js';
import { readSubmission, verifySubmission, type Submission, type SubmissionRefusal, type VerifiedSubmission } from './read-submission.js';

/** An accepted report, committed. */
export interface AcceptedReport {
  readonly alertId: Uint8Array;
  readonly envelopeHash: Uint8Array;
  readonly tag: Uint8Array;
  readonly receivedAt: Date;
  /** True when exactly these bytes had been accepted before. */
  readonly repeated: boolean;
  /** What was decided just now; null for a repeated report, whose state may have moved on. */
  readonly opened: { readonly ladder: Ladder; readonly alert: NewAlert; readonly dueAt: Date } | null;
}

export type AcceptanceRefusal =
  | SubmissionRefusal
  | {
      readonly refused:
        | 'unknown-policy'
        | 'tier-not-in-policy'
        | 'no-tier-allowed'
        | 'unknown-roster'
        | 'stale-roster'
        | 'sequence-conflict'
        | 'alert-exists'
        | 'mailbox-taken'
        | 'busy';
    }
  | { readonly refused: 'admission-required'; readonly admission: AdmissionChallenge };

/** A sealed message may have waited on a phone without signal. S1 may be sealed to any roster that ever was. */
const staleRosterGraceMs = 7 * 86_400_000;
/** Rows of a batch share one commit; more than this gains nothing and makes its first member wait. */
const maxBatch = 32;
/** Few, so that sixteen clients share commits: two alerts in each made 1,200 a second of 920 with 10, where nearly every
 *  alert had its own. With 2 and 3 sixteen clients got no more, and a slow commit would stop more of the others. */
const maxBatchesInFlight = 4;
/** About 50 MB of sealed bytes. Beyond it everybody but S1 is asked to come back. */
const maxWaiting = 2_000;

/** Takes reports in: from posted bytes to a durable commit, or to the reason why not. */
@Injectable()
export class Acceptance {
  private readonly batcher: AcceptanceBatcher<NewAlert, InsertedAlert | 'there-before'>;

  constructor(
    @Inject(PRIMITIVES) private readonly p: Primitives,
    @Inject(Database) private readonly database: Database,
    @Inject(RosterStore) private readonly rosters: RosterStore,
    @Inject(Policies) private readonly policies: Policies,
    @Inject(OnCall) private readonly onCall: OnCall,
    @Inject(Gatekeeper) private readonly gatekeeper: Gatekeeper,
    @Inject(EvidenceLog) private readonly evidence: EvidenceLog,
    @Inject(Admission) private readonly admission: Admission,
    @Inject(ClockEstimate) private readonly clock: ClockEstimate,
  ) {
    this.batcher = new AcceptanceBatcher(
      async (alerts) => (await insertAlerts(this.database, DEFAULT_COALITION, alerts)).map((inserted) => inserted ?? 'there-before'),
      {
        maxBatch,
        maxInFlight: maxBatchesInFlight,
        keyOf: ({ alertId }) => Buffer.from(alertId).toString('hex'),
        isUrgent: ({ severity }) => severity === 1,
        isGeneral: isDatabaseUnavailable,
      },
    );
  }

  /**
   * Accepts a posted submission. When this returns an accepted report, it is committed. Sending the same bytes again
   * is always safe: they are accepted once.
   *
   * In the order from cheap to dear: shape, admission, roster and policy, signature and gates, the database.
   */
  async accept(bytes: Uint8Array): Promise<AcceptedReport | AcceptanceRefusal> {
    const submission = readSubmission(bytes);
    if ('refused' in submission) return submission;
    const urgent = submission.header.severity === 'S1';
    if (!urgent) {
      const refusal = await this.refuseFlood(submission);
      if (refusal !== null) return refusal;
    }
    const policy = await this.policyOf(submission);
    if ('refused' in policy) return policy;
    const stale = await this.refuseRoster(submission, urgent);
    if (stale !== null) return stale;
    const verified = verifySubmission(this.p, submission);
    if ('refused' in verified) return verified;
    const decided = await this.decide(verified, policy);
    if ('refused' in decided) return decided;
    return this.write(decided.alert, decided.ladder);
  }

  /**
   * Accepts a submission as part of a larger transaction: it counts when that commits, and only then may anybody be told.
   * Only S1, which passes without admission; for what this program seals itself.
   */
  async acceptWithin(tx: Tx, bytes: Uint8Array): Promise<AcceptedReport | AcceptanceRefusal> {
    const submission = readSubmission(bytes);
    if ('refused' in submission) return submission;
    if (submission.header.severity !== 'S1') throw new Error('only S1 is accepted without admission');
    const policy = await this.policyOf(submission);
    if ('refused' in policy) return policy;
    const stale = await this.refuseRoster(submission, true);
    if (stale !== null) return stale;
    const verified = verifySubmission(this.p, submission);
    if ('refused' in verified) return verified;
    const decided = await this.decide(verified, policy);
    if ('refused' in decided) return decided;
    const [inserted] = await insertAlerts(tx, DEFAULT_COALITION, [decided.alert]);
    if (!inserted) return { refused: 'alert-exists' };
    return acceptedReport(decided.alert, decided.ladder, inserted);
  }

  /** Null when the report may pass. A repeated one passes always: it was let in before. */
  private async refuseFlood({ header, envelope }: Submission): Promise<AcceptedReport | AcceptanceRefusal | null> {
    if (this.batcher.waiting >= maxWaiting) return { refused: 'busy' };
    if (await this.admission.admits(envelope.alertId, header.admission)) return null;
    const hash = envelopeHash(this.p, envelope.bytes);
    const existing = await findExistingReport(this.database, DEFAULT_COALITION, { ...envelope, envelopeHash: hash });
    if (existing.known === 'same') return this.repeated(envelope.alertId, hash, existing.receivedAt);
    return { refused: 'admission-required', admission: await this.admission.challenge() };
  }

  private async policyOf({ header }: Submission): Promise<PolicyVersion | AcceptanceRefusal> {
    const sha256 = fromHex(header.policy.sha256, 32);
    const version = sha256 === null ? null : await this.policies.bySha256(this.database, DEFAULT_COALITION, header.policy.id, sha256);
    if (version === null) return { refused: 'unknown-policy' };
    const known = new Set(version.policy.tiers.map(({ tier }) => tier));
    return header.tiers.every((tier) => known.has(tier)) ? version : { refused: 'tier-not-in-policy' };
  }

  private async refuseRoster({ envelope }: Submission, urgent: boolean): Promise<AcceptanceRefusal | null> {
    const found = await this.rosters.find(DEFAULT_COALITION, envelope.rosterVersion, envelope.rosterHash);
    if (found === null) return { refused: 'unknown-roster' };
    if (urgent || found.supersededAt === null) return null;
    const age = (await this.clock.now()) - found.supersededAt.getTime();
    return age > staleRosterGraceMs ? { refused: 'stale-roster' } : null;
  }

  /** Everything that the statement writes, decided by the domain at the database's time. */
  private async decide(verified: VerifiedSubmission, version: PolicyVersion): Promise<{ alert: NewAlert; ladder: Ladder } | AcceptanceRefusal> {
    const reachable = await this.onCall.reachable(DEFAULT_COALITION);
    const now = await this.clock.now();
    const parts = { p: this.p, evidence: this.evidence, gatekeeper: this.gatekeeper };
    const first = { type: 'SUBMIT', object: verified.envelope.envelopeHash } as const;
    return draftAlert(parts, verified, version, { coalitionId: DEFAULT_COALITION, now, reachable, chain: EMPTY_CHAIN, first });
  }

  private async write(alert: NewAlert, ladder: Ladder): Promise<AcceptedReport | AcceptanceRefusal> {
    const inserted = await this.batcher.submit(alert);
    if (inserted === 'there-before') {
      const { alertId, senderPk, envelope } = alert;
      const existing = await findExistingReport(this.database, DEFAULT_COALITION, { alertId, senderPk, envelopeHash: envelope.envelopeHash });
      return existing.known === 'same' ? this.repeated(alertId, envelope.envelopeHash, existing.receivedAt) : conflictOf(existing);
    }
    if (alert.severity !== 1) this.admission.accepted();
    return acceptedReport(alert, ladder, inserted);
  }

  private repeated(alertId: Uint8Array, hash: Uint8Array, receivedAt: Date): AcceptedReport {
    return { alertId, envelopeHash: hash, tag: alertTag(this.p, alertId), receivedAt, repeated: true, opened: null };
  }
}

function acceptedReport(alert: NewAlert, ladder: Ladder, { receivedAt, dueAt }: InsertedAlert): AcceptedReport {
  return {
    alertId: alert.alertId,
    envelopeHash: alert.envelope.envelopeHash,
    tag: alert.tag,
    receivedAt,
    repeated: false,
    opened: { ladder, alert, dueAt },
  };
}

function conflictOf(existing: ExistingReport): AcceptanceRefusal {
  switch (existing.known) {
    case 'other-message':
      return { refused: 'sequence-conflict' };
    case 'other-sender':
      return { refused: 'alert-exists' };
    case 'nothing':
      return { refused: 'mailbox-taken' };
    case 'same':
      throw new Error('the same report is no conflict');
  }
}
