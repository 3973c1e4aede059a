import { robotRole, signPossession, type Primitives } from '@jardam/protocol';
import { WATCH_POLICY_ID, type Policy } from '../../domain/policy.js';
import type { Policies } from '../../escalation/policies.js';
import { DEFAULT_COALITION } from '../../platform/coalition.js';
import type { Tx } from '../../platform/database/database.js';
import type { ContactBook } from '../../roster/contact-book.js';
import { WATCH_TIER, type Robot } from './robot.js';

export interface RobotEnrolment {
  readonly robot: Robot;
  readonly instanceId: Uint8Array;
  /** An organisation of the roster with nobody else in it. */
  readonly org: string;
  /** Where mails to the robot's mailbox come in, "watch.example.org". */
  readonly mailDomain: string;
  readonly policy: Policy;
}

/**
 * Prepares the robot: its policy, its keys in the waiting room from which rosters are drafted, its verified contact.
 * It answers nothing before custodians have signed a roster that names it. Doing it again changes nothing.
 */
export async function enrolRobot(
  tx: Tx,
  { p, policies, contacts }: { readonly p: Primitives; readonly policies: Policies; readonly contacts: ContactBook },
  { robot, instanceId, org, mailDomain, policy }: RobotEnrolment,
): Promise<'enrolled' | 'known' | { readonly refused: 'policy-is-older' }> {
  if (policy.id !== WATCH_POLICY_ID) throw new Error('this is not the policy of synthetic reports');
  const published = await policies.publish(tx, DEFAULT_COALITION, policy);
  if ('refused' in published) return { refused: 'policy-is-older' };
  const rid = Buffer.from(robot.rid);
  const known = await tx.query(
    'SELECT FROM enrolment WHERE coalition_id = $1 AND rid = $2 UNION ALL SELECT FROM responder WHERE coalition_id = $1 AND rid = $2',
    [DEFAULT_COALITION, rid],
  );
  if (known.rowCount > 0) return 'known';
  const { signPk, signSeed, kem } = robot.keys;
  const possession = signPossession(p, { instanceId, rid: robot.rid, kemPk: kem.publicKey }, signSeed);
  await tx.query(
    `INSERT INTO enrolment (coalition_id, rid, org, role, tiers, sig_pk, kem_pk, possession) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)`,
    [DEFAULT_COALITION, rid, org, robotRole, [WATCH_TIER], Buffer.from(signPk), Buffer.from(kem.publicKey), Buffer.from(possession)],
  );
  await contacts.add(tx, { purpose: 'responder', rid: robot.rid, channel: 'email', address: `${robot.mailbox}@${mailDomain}`, lang: 'en', verified: true });
  return 'enrolled';
}
