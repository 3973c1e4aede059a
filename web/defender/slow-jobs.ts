import { encryptAttachment, makePhraseVerifier, receiptKeys, solveAdmission } from '@jardam/protocol';
import { passwordHash, quickPrimitives, strongPrimitives } from '../common/crypto.js';
import type { SlowDoers } from './slow-job-types.js';

export const slowJobs: SlowDoers = {
  'receipt-keys': async ({ indices, instanceId }) =>
    receiptKeys(await quickPrimitives(), await passwordHash(), indices, instanceId),
  'phrase-verifier': async ({ phrase, alertId }) => makePhraseVerifier(await quickPrimitives(), await passwordHash(), phrase, alertId),
  admission: async ({ challenge, alertId, bits }) => solveAdmission(await strongPrimitives(), challenge, alertId, bits),
  attachment: async (ask) => encryptAttachment(await strongPrimitives(), ask),
};
