// Argon2id without WebAssembly. Slow (seconds on a phone), so it reports back to the event loop while it works.
import { argon2idAsync } from '@noble/hashes/argon2.js';
import { guardedPasswordHash, type PasswordHash } from '../primitives.js';

/** Longest stretch of work before other tasks get a turn, in milliseconds. */
const maxBlockMs = 10;

export const nobleArgon2: PasswordHash = /* @__PURE__ */ guardedPasswordHash({
  argon2id: (password, salt, { iterations, memoryBytes }) =>
    argon2idAsync(password, salt, { t: iterations, m: memoryBytes / 1024, p: 1, dkLen: 32, asyncTick: maxBlockMs }),
});
