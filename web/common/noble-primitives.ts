// One export each (see noble-password.ts): a dynamic import keeps everything of the module it names, and Argon2id must
// not be on the way to a panic.
export { noble } from '@jardam/protocol/noble';
