// Taking a key out must be quicker than putting one in: one root suffices, or the responder's own certificate,
// signed beforehand and kept by somebody they trust, or one by a coordinator of their organisation.
import { fromBase64url, fromHex, requireBytes } from './bytes.js';
import { H, signLabelled, verifyLabelled } from './hash.js';
import { ridBytes } from './keys.js';
import type { Primitives } from './primitives.js';
import type { RosterBody, RosterResponder } from './roster-format.js';

/** The role that may revoke colleagues of its own organisation. */
export const coordinatorRole = 'coordinator';

/** Whether `next` differs from `before` in nothing but responders being revoked (and version, prev_hash, issued). */
export function onlyRevokes(before: RosterBody, next: RosterBody): boolean {
  const revoked = next.responders.filter(({ status }, i) => status === 'revoked' && before.responders[i]?.status !== status);
  const undone: RosterBody = {
    ...next,
    version: before.version,
    prev_hash: before.prev_hash,
    issued: before.issued,
    responders: next.responders.map((each, i) =>
      revoked.includes(each) ? { ...each, status: before.responders[i]?.status ?? each.status } : each,
    ),
  };
  // Both come from parseRoster, which builds every object with the same keys in the same order.
  return revoked.length > 0 && JSON.stringify(undone) === JSON.stringify(before);
}

export interface RevocationCertificate {
  /** Whose keys are revoked, 32 hexadecimal characters. */
  readonly rid: string;
  /** Who signed: the same rid, or a coordinator of the same organisation. */
  readonly by: string;
  /** base64url of 64 bytes. */
  readonly sig: string;
}

/** H("JDM1/revocation", instance_id ‖ rid ‖ by). No time inside: a certificate signed in good times works in bad. */
function revocationHash(p: Primitives, instanceId: Uint8Array, rid: Uint8Array, by: Uint8Array): Uint8Array {
  requireBytes('instanceId', instanceId, 32);
  requireBytes('rid', rid, ridBytes);
  requireBytes('by', by, ridBytes);
  return H(p, 'JDM1/revocation', instanceId, rid, by);
}

/** Signs the revocation of `rid` as responder `by`; returns the 64-byte signature. */
export function signRevocation(
  p: Primitives,
  input: { instanceId: Uint8Array; rid: Uint8Array; by: Uint8Array; signSeed: Uint8Array },
): Uint8Array {
  const hash = revocationHash(p, input.instanceId, input.rid, input.by);
  return signLabelled(p, 'JDM1/revocation', hash, input.signSeed);
}

/** The roster with every responder revoked for whom there is a valid certificate; invalid ones change nothing. */
export function applyRevocations(
  p: Primitives,
  body: RosterBody,
  instanceId: Uint8Array,
  certificates: readonly RevocationCertificate[],
): RosterBody {
  const revoked = new Set(certificates.filter((each) => isValid(p, body, instanceId, each)).map(({ rid }) => rid));
  const responders = body.responders.map((each): RosterResponder =>
    revoked.has(each.rid) ? { ...each, status: 'revoked' } : each,
  );
  return { ...body, responders };
}

function isValid(p: Primitives, body: RosterBody, instanceId: Uint8Array, certificate: RevocationCertificate): boolean {
  const subject = body.responders.find(({ rid }) => rid === certificate.rid);
  const signer = body.responders.find(({ rid }) => rid === certificate.by);
  if (subject === undefined || signer === undefined) return false;
  const coordinator = signer.role === coordinatorRole && signer.status === 'active' && signer.org === subject.org;
  if (signer.rid !== subject.rid && !coordinator) return false;
  const [rid, by] = [fromHex(subject.rid), fromHex(signer.rid)];
  const [signature, signPk] = [fromBase64url(certificate.sig, 64), fromBase64url(signer.sig_pk, 32)];
  if (rid === null || by === null || signature === null || signPk === null) return false;
  return verifyLabelled(p, 'JDM1/revocation', revocationHash(p, instanceId, rid, by), signature, signPk);
}
