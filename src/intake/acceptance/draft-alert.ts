import { alertTag, type Primitives } from '@jardam/protocol';
import type { Reachable } from '../../domain/alert.js';
import { openAlert } from '../../domain/open-alert.js';
import { ladderOf, type Ladder } from '../../domain/policy.js';
import { parseSeverity } from '../../domain/severity.js';
import type { PolicyVersion } from '../../escalation/policies.js';
import type { ChainHead, EvidenceLog, NewEvent } from '../../evidence/evidence-log.js';
import type { Gatekeeper } from '../../gatekeeper/gatekeeper.js';
import type { NewAlert } from './insert-alerts.js';
import type { VerifiedSubmission } from './read-submission.js';

export interface DraftContext {
  readonly coalitionId: number;
  /** Milliseconds since 1970 by the database's clock; deadlines are written as spans from it. */
  readonly now: number;
  readonly reachable: Reachable;
  /** Where the alert's event chain stands; EMPTY_CHAIN for a report, behind ARM for an armed packet. */
  readonly chain: ChainHead;
  /** What brought the alert about (SUBMIT, TRIGGER); the ladder's own events follow it. */
  readonly first: NewEvent;
}

/** Everything that accepting an alert writes, decided by the domain. Pure but for the random salts of sealed keys. */
export function draftAlert(
  parts: { readonly p: Primitives; readonly evidence: EvidenceLog; readonly gatekeeper: Gatekeeper },
  verified: VerifiedSubmission,
  version: PolicyVersion,
  { coalitionId, now, reachable, chain, first }: DraftContext,
): { readonly alert: NewAlert; readonly ladder: Ladder } | { readonly refused: 'no-tier-allowed' } {
  const { header, envelope, tiers } = verified;
  const severity = parseSeverity(header.severity);
  if (severity === null) throw new Error('a header with an unknown severity passed its check');
  const opening = openAlert(version.policy, { severity, tiers, excludedOrgs: header.exclude, now }, reachable);
  if ('refused' in opening) return opening;

  const tag = alertTag(parts.p, envelope.alertId);
  const { rows, head } = parts.evidence.chain(chain, tag, new Date(now), [first, ...opening.events]);
  const alert: NewAlert = {
    alertId: envelope.alertId,
    tag,
    severity,
    drill: header.drill,
    policyVersionId: version.policyVersionId,
    rosterVersion: envelope.rosterVersion,
    senderPk: envelope.senderPk,
    mailboxHash: verified.mailboxHash,
    tiers,
    excludedOrgs: header.exclude,
    envelope,
    releaseKeys: parts.gatekeeper.seal(coalitionId, envelope.alertId, verified.releaseKeys),
    timer: opening.timer,
    tierEntries: opening.tierEntries,
    deliveries: opening.deliveries,
    events: rows,
    chain: head,
    decidedAtMs: now,
  };
  return { alert, ladder: ladderOf(version.policy, severity, tiers) };
}
