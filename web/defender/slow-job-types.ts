// What the page's Worker can do, and the messages it is asked with.
import type { AttachmentEntry, PhraseVerifier } from '@jardam/protocol';

export interface SlowJobs {
  /** Argon2id over seven words (64 MiB, half a second with libsodium, up to a minute without WebAssembly). */
  readonly 'receipt-keys': {
    readonly ask: { readonly indices: readonly number[]; readonly instanceId: Uint8Array };
    readonly answer: { readonly locator: Uint8Array; readonly wrapKey: Uint8Array };
  };
  /** Argon2id over the stand-down phrase, at the same cost. */
  readonly 'phrase-verifier': {
    readonly ask: { readonly phrase: string; readonly alertId: Uint8Array };
    readonly answer: PhraseVerifier;
  };
  /** Proof of work, up to 5 s on an old phone. */
  readonly admission: {
    readonly ask: { readonly challenge: Uint8Array; readonly alertId: Uint8Array; readonly bits: number };
    readonly answer: number;
  };
  /** Encrypts a file. */
  readonly attachment: {
    readonly ask: {
      readonly contentKey: Uint8Array;
      readonly objectId: Uint8Array;
      readonly bytes: Uint8Array;
      readonly name: string;
      readonly type: string;
    };
    readonly answer: { readonly ciphertext: Uint8Array; readonly entry: AttachmentEntry };
  };
}

export type SlowJob = keyof SlowJobs;
export type SlowAsk<J extends SlowJob> = SlowJobs[J]['ask'];
export type SlowAnswer<J extends SlowJob> = SlowJobs[J]['answer'];

export type SlowDoers = { readonly [J in SlowJob]: (ask: SlowAsk<J>) => Promise<SlowAnswer<J>> };
