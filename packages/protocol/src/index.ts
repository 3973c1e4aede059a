// @jardam/protocol: JDM1, the same in browsers and on the server. Providers ('/noble', '/sodium') and the word list
// ('/words') have entry points of their own, so that nobody loads what they do not use.
export * from './admission.js';
export * from './armed.js';
export * from './attachments.js';
export * from './audience.js';
export * from './bytes.js';
export { randomDraws, recordedDraws, type Draws } from './draws.js';
export * from './enrolment.js';
export * from './envelope-format.js';
export { alertTag, checkGate, envelopeHash, gateCommitment, gateKey, headerHash } from './envelope-hashes.js';
export * from './envelope-open.js';
export * from './envelope-seal.js';
export * from './events.js';
export { H, K, lab, signLabelled, verifyLabelled } from './hash.js';
export { isUsableKemKey } from './kem-key.js';
export * from './keys.js';
export * from './opening.js';
export { padme } from './padme.js';
export * from './payloads.js';
export * from './primitives.js';
export * from './receipt.js';
export { formatRecoveryCode, parseRecoveryCode } from './recovery-code.js';
export * from './reply.js';
export * from './roster.js';
export * from './roster-format.js';
export * from './roster-revocation.js';
export * from './sender.js';
export * from './signin.js';
export * from './stand-down.js';
export * from './statement.js';
export * from './submission.js';
export * from './vault.js';
export {
  maxVaultMemoryBytes,
  minVaultMemoryBytes,
  vaultBytes,
  VaultError,
  type VaultErrorCode,
} from './vault-format.js';
