import { Inject, Injectable } from '@nestjs/common';
import { toBase64url, toHex } from '@jardam/protocol';
import { AlertViews, type AlertView } from '../../escalation/alert-view.js';
import { Policies } from '../../escalation/policies.js';
import { canonicalJson, policySha256 } from '../../escalation/policy-schema.js';
import { EvidenceLog, type ChainHead, type EventRow } from '../../evidence/evidence-log.js';
import { Gatekeeper } from '../../gatekeeper/gatekeeper.js';
import type { Database, Tx } from '../../platform/database/database.js';
import {
  readAnswers,
  readAttachments,
  readCloseRequests,
  readEnvelopes,
  readHandOver,
  type AlertKey,
  type AnswerEntry,
  type AttachmentEntry,
  type CloseRequestEntry,
  type EnvelopeEntry,
  type HandOverEntry,
} from './alert-file-rows.js';
import type { DeskSession } from '../sign-in/sessions.js';
import { VISIBLE_ALERTS } from './visible-alerts.js';

/** Everything about one alert that the desk needs to open, check and show it. Ids are hexadecimal, the rest base64url. */
export interface AlertFile {
  readonly view: AlertView;
  /** base64url of 32 bytes: what statements about this alert carry. */
  readonly tag: string;
  readonly myTiers: readonly number[];
  readonly owner: { readonly rid: string } | null;
  readonly rosterVersion: number;
  /** The policy that this alert runs on. `text` is the canonical JSON that `sha256` (hexadecimal) is of; signed rosters
   *  name that hash, so the desk needs nobody's word for the ladder. */
  readonly policy: { readonly id: string; readonly sha256: string; readonly text: string };
  readonly envelopes: readonly EnvelopeEntry[];
  /** Release keys of the person's own gated tiers, as far as it is their turn. */
  readonly releaseKeys: Readonly<Record<string, string>>;
  readonly attachments: readonly AttachmentEntry[];
  readonly chainHead: { readonly n: number; readonly hash: string };
  readonly acks: readonly AnswerEntry[];
  readonly closeRequests: readonly CloseRequestEntry[];
  /** The newest one, accepted or not. */
  readonly handOver: HandOverEntry | null;
  /** The whole chain, so that the desk can verify it. */
  readonly events: readonly EventEntry[];
}

export interface EventEntry {
  readonly n: number;
  readonly type: string;
  readonly at: Date;
  readonly tier: number | null;
  readonly actorRid: string | null;
  readonly detail: Readonly<Record<string, unknown>> | null;
  readonly hash: string;
  /** The encoded event; its hash is `hash`, and it holds the hash of the event before. */
  readonly body: string;
  readonly statement: string | null;
}

interface VisibleRow {
  tag: Buffer;
  my_tiers: number[];
  owner_rid: Buffer | null;
  roster_version: number;
  policy_version_id: number;
  chain_n: number;
  chain_head: Buffer;
  chain_at: Date;
  now: Date;
}

// Where the number of gates stands in a JDM1 prelude: magic 4, suite, kind, flags 2, alert id 16, seq 8, prev hash 32,
// roster version 8, roster hash 32, sender key 32 come before it.
const gateCountOffset = 136;

/** Reads alerts for the desk, and asks the gatekeeper for the keys of tiers whose turn has come. */
@Injectable()
export class AlertFiles {
  constructor(
    @Inject(AlertViews) private readonly views: AlertViews,
    @Inject(EvidenceLog) private readonly evidence: EvidenceLog,
    @Inject(Gatekeeper) private readonly gatekeeper: Gatekeeper,
    @Inject(Policies) private readonly policies: Policies,
  ) {}

  /**
   * The file of an alert, or null when this person may not see it. A first release of a key is written down.
   *
   * The desk compares the parts with each other (an owner without an acknowledgement is a lie), so they must be of one
   * moment. Every change of state lengthens the chain: when it is as long after the reading as before, nothing came in
   * between. When something did, it is read once more under the lock. REPEATABLE READ would do the same, but then the
   * release of a key could fail because the tick was quicker.
   */
  async read(tx: Tx, session: DeskSession, alertId: Uint8Array): Promise<AlertFile | null> {
    const file = await this.readOnce(tx, session, alertId, false);
    if (file !== 'moved') return file;
    const still = await this.readOnce(tx, session, alertId, true);
    if (still === 'moved') throw new Error('a locked alert changed while it was read');
    return still;
  }

  private async readOnce(tx: Tx, session: DeskSession, alertId: Uint8Array, locked: boolean): Promise<AlertFile | 'moved' | null> {
    const key = [session.coalitionId, session.rid, Buffer.from(alertId)];
    const { rows: gates } = await tx.query<{ gated: boolean }>({
      name: 'desk-file-gated',
      text: `SELECT EXISTS (SELECT FROM envelope e
                            WHERE e.coalition_id = v.coalition_id AND e.alert_id = v.alert_id AND e.kind IN (1, 2)
                              AND get_byte(e.sealed, ${gateCountOffset}) > 0) AS gated
             FROM (${VISIBLE_ALERTS}) v WHERE v.alert_id = $3`,
      values: key,
    });
    const gated = gates[0]?.gated;
    if (gated === undefined) return null;
    const { rows } = await tx.query<VisibleRow & Record<string, unknown>>({
      name: gated || locked ? 'desk-file-locked' : 'desk-file',
      // Only a release writes; reading an alert without gates must not make the tick wait.
      text: `SELECT v.tag, v.my_tiers, v.roster_version, v.policy_version_id, t.owner_rid, t.chain_n, t.chain_head, t.chain_at, now() AS now
             FROM (${VISIBLE_ALERTS}) v JOIN alert_timer t USING (coalition_id, alert_id)
             WHERE v.alert_id = $3 ${gated || locked ? 'FOR UPDATE OF t' : ''}`,
      values: key,
    });
    const alert = rows[0];
    if (alert === undefined) return null;
    const released = gated ? await this.release(tx, session, alertId, alert) : { keys: new Map<number, Uint8Array>(), chainN: alert.chain_n };
    const view = await this.views.read(tx, session.coalitionId, alertId);
    if (view === null) throw new Error('a visible alert has no view');
    const own: AlertKey = [session.coalitionId, Buffer.from(alertId)];
    const policy = await this.policies.byVersionId(tx, session.coalitionId, alert.policy_version_id);
    const [envelopes, attachments] = [await readEnvelopes(tx, own), await readAttachments(tx, own)];
    const [acks, closeRequests, handOver] = [await readAnswers(tx, own), await readCloseRequests(tx, own), await readHandOver(tx, own)];
    const events = await this.evidence.readAlert(tx, session.coalitionId, alertId);
    const last = events.at(-1);
    if (last === undefined) throw new Error('an alert has no events');
    if (last.n !== released.chainN) return 'moved';
    return {
      view,
      tag: alert.tag.toString('base64url'),
      myTiers: alert.my_tiers,
      owner: alert.owner_rid === null ? null : { rid: toHex(alert.owner_rid) },
      rosterVersion: alert.roster_version,
      policy: { id: policy.id, sha256: policySha256(policy).toString('hex'), text: canonicalJson(policy) },
      envelopes,
      releaseKeys: Object.fromEntries([...released.keys].map(([tier, rk]) => [String(tier), toBase64url(rk)])),
      attachments,
      chainHead: { n: last.n, hash: toBase64url(last.hash) },
      acks,
      closeRequests,
      handOver,
      events: events.map(eventEntry),
    };
  }

  /** The bytes of one envelope of a visible alert, or null. */
  async envelope(reader: Tx | Database, session: DeskSession, alertId: Uint8Array, hash: Uint8Array): Promise<Buffer | null> {
    const { rows } = await reader.query<{ sealed: Buffer }>({
      name: 'desk-envelope',
      text: `SELECT e.sealed FROM (${VISIBLE_ALERTS}) v JOIN envelope e USING (coalition_id, alert_id)
             WHERE v.alert_id = $3 AND e.envelope_hash = $4`,
      values: [session.coalitionId, session.rid, Buffer.from(alertId), Buffer.from(hash)],
    });
    return rows[0]?.sealed ?? null;
  }

  private async release(tx: Tx, session: DeskSession, alertId: Uint8Array, alert: VisibleRow): Promise<{ keys: Map<number, Uint8Array>; chainN: number }> {
    // Only the person's own tiers: a key that opens no stanza of theirs would be a secret too many in their browser.
    const released = await this.gatekeeper.release(tx, session.coalitionId, alertId, alert.my_tiers);
    const news = released.newlyReleased.map((tier) => ({ type: 'RELEASE' as const, tier }));
    const head: ChainHead = { n: alert.chain_n, hash: alert.chain_head, at: alert.chain_at };
    const { n } = await this.evidence.appendToAlert(tx, session.coalitionId, alertId, head, alert.now, news);
    return { keys: released.keys, chainN: n };
  }
}

function eventEntry(event: EventRow): EventEntry {
  const { n, type, at, tier, detail } = event;
  return {
    n,
    type,
    at,
    tier,
    detail,
    actorRid: event.actorRid === null ? null : toHex(event.actorRid),
    hash: toBase64url(event.hash),
    body: toBase64url(event.body),
    statement: event.statement === null ? null : toBase64url(event.statement),
  };
}
