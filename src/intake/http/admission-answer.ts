import type { AdmissionChallenge } from '../admission/admission-token.js';

export interface AdmissionAnswer {
  /** Sent back as admission.challenge in the header of the submission. */
  readonly token: string;
  /** base64url of the 32 bytes to be solved together with the alert id. */
  readonly challenge: string;
  readonly bits: number;
  readonly expiresAt: string;
}

/** A challenge as it is told over HTTP. */
export function admissionAnswer({ token, challenge, bits, expiresAtMs }: AdmissionChallenge): AdmissionAnswer {
  return { token, challenge, bits, expiresAt: new Date(expiresAtMs).toISOString() };
}
