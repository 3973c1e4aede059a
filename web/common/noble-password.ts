export { nobleArgon2 } from '@jardam/protocol/noble';
