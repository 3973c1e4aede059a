import { Inject, Injectable, Logger } from '@nestjs/common';
import { fromHex, releaseKeysOf, verifyEnvelope, type Primitives } from '@jardam/protocol';
import { Policies } from '../../escalation/policies.js';
import { readReachable } from '../../escalation/reachable-contacts.js';
import { EvidenceLog } from '../../evidence/evidence-log.js';
import { Gatekeeper } from '../../gatekeeper/gatekeeper.js';
import { PRIMITIVES } from '../../platform/crypto.js';
import type { Tx } from '../../platform/database/database.js';
import { RosterStore } from '../../roster/roster-store.js';
import { draftAlert } from '../acceptance/draft-alert.js';
import { insertAlerts } from '../acceptance/insert-alerts.js';
import { readSubmission } from '../acceptance/read-submission.js';
import { addNotice } from './notices.js';
import type { PacketRow } from './packet-rows.js';

/** What made a packet an alert; stands in the ledger (TRIGGER). */
export type TriggeredBy = 'button' | 'countdown' | 'silence' | 'help' | 'desk';

export interface Fired {
  readonly fired: true;
  readonly alertId: Uint8Array;
  readonly receivedAt: Date;
}

export type FireRefusal = { readonly refused: 'broken' };

/** Makes an alert of an armed packet. */
@Injectable()
export class Firing {
  private readonly logger = new Logger('ArmedPackets');

  constructor(
    @Inject(PRIMITIVES) private readonly p: Primitives,
    private readonly rosters: RosterStore,
    private readonly policies: Policies,
    private readonly gatekeeper: Gatekeeper,
    private readonly evidence: EvidenceLog,
  ) {}

  /**
   * Writes the alert with all that belongs to it (as for a report that came in), the receipt for the seven words, and
   * the notice for the owner, in the caller's transaction. An old packet is sent as well: TRIGGER says what is stale.
   *
   * @param row   the packet under its lock, not fired before
   * @param secret the release secret; known to open the gates
   */
  async fire(tx: Tx, row: PacketRow, secret: Uint8Array, by: TriggeredBy, more: Readonly<Record<string, string>> = {}): Promise<Fired | FireRefusal> {
    const { coalition_id: coalitionId, alert_id: alertId } = row;
    const { verified, version } = await this.read(tx, row, secret);
    const newest = await this.rosters.current(coalitionId);
    const detail = {
      ...more,
      by,
      armedAt: row.armed_at.toISOString(),
      expired: row.expires_at <= row.now,
      olderRoster: newest !== null && newest.version > row.roster_version,
    };
    const draft = draftAlert({ p: this.p, evidence: this.evidence, gatekeeper: this.gatekeeper }, verified, version, {
      coalitionId,
      now: row.now.getTime(),
      reachable: await readReachable(tx, coalitionId),
      chain: { n: row.chain_n, hash: row.chain_head, at: row.chain_at },
      first: { type: 'TRIGGER', object: verified.envelope.envelopeHash, detail },
    });
    if ('refused' in draft) throw new Error('an armed packet may go to nobody, although that was checked');
    const [inserted] = await insertAlerts(tx, coalitionId, [draft.alert]);
    if (!inserted) return this.markBroken(tx, row);
    await this.finish(tx, row);
    return { fired: true, alertId, receivedAt: inserted.receivedAt };
  }

  private async read(tx: Tx, row: PacketRow, secret: Uint8Array) {
    const submission = row.submission === null ? null : readSubmission(row.submission, 2);
    if (submission === null || 'refused' in submission) throw new Error('a stored packet cannot be read: its row was altered');
    const { header } = submission;
    const envelope = verifyEnvelope(this.p, submission.envelope.bytes);
    const releaseKeys = releaseKeysOf(this.p, envelope, secret);
    const sha256 = fromHex(header.policy.sha256, 32);
    const version = sha256 && (await this.policies.bySha256(tx, row.coalition_id, header.policy.id, sha256));
    if (releaseKeys === null || !version) throw new Error('a stored packet does not fit its secret or its policy');
    const tiers = [...new Set(header.tiers)].sort((a, b) => a - b);
    const mailboxHash = Buffer.from(header.mailbox, 'base64url');
    return { verified: { header, envelope, tiers, mailboxHash, releaseKeys }, version };
  }

  private async finish(tx: Tx, row: PacketRow): Promise<void> {
    const key = { coalitionId: row.coalition_id, owner: row.owner, locator: row.locator };
    await tx.query(
      `UPDATE armed_packet SET state = 'fired', submission = NULL, secret_sealed = NULL, receipt_wrapped = NULL,
              receipt_locator_hash = NULL, due_at = NULL, fired_at = now()
       WHERE coalition_id = $1 AND locator = $2`,
      [key.coalitionId, key.locator],
    );
    if (row.receipt_locator_hash !== null) {
      // Words that are taken lead to another alert, which honest ones never meet; the alert itself must go out anyway.
      await tx.query(
        `INSERT INTO receipt (coalition_id, locator_hash, alert_id, wrapped) VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING`,
        [key.coalitionId, row.receipt_locator_hash, row.alert_id, row.receipt_wrapped],
      );
    }
    await addNotice(tx, key, { what: 'fired', alertId: row.alert_id });
  }

  /** Only somebody who used the packet's id or mailbox for another alert meanwhile gets here. The owner is told. */
  private async markBroken(tx: Tx, row: PacketRow): Promise<FireRefusal> {
    this.logger.error('an armed packet could not be sent: its id or its mailbox was used for another alert');
    await tx.query(
      `UPDATE armed_packet SET state = 'broken', secret_sealed = NULL, due_at = NULL WHERE coalition_id = $1 AND locator = $2`,
      [row.coalition_id, row.locator],
    );
    await addNotice(tx, { coalitionId: row.coalition_id, owner: row.owner, locator: row.locator }, { what: 'not_sent' });
    return { refused: 'broken' };
  }
}
