import { createHmac } from 'node:crypto';
import { deriveResponder, type Primitives, type ResponderKeys } from '@jardam/protocol';

/** Above every tier that people use. */
export const WATCH_TIER = 255;

/**
 * A responder that is a program. It is in the roster like everybody, and its acknowledgements are signed like
 * everybody's; but its keys are on the server, so it is recipient of synthetic reports only.
 */
export interface Robot {
  readonly rid: Uint8Array;
  readonly keys: ResponderKeys;
  /** Before the @ of its mail address. Cannot be guessed: a stranger's mail must not count as a delivered notice. */
  readonly mailbox: string;
}

/** @param master 32 bytes of the robot's key file, from which everything of it follows */
export function robotOf(p: Primitives, master: Uint8Array): Robot {
  const part = (label: string): Buffer => createHmac('sha256', master).update(`jardam/robot ${label}`).digest();
  return {
    rid: new Uint8Array(part('rid').subarray(0, 16)),
    keys: deriveResponder(p, new Uint8Array(part('keys'))),
    mailbox: `watch-${part('mailbox').toString('hex').slice(0, 20)}`,
  };
}
