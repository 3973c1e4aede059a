// What the page may ask of the keyring Worker, and what comes back. Keys never cross: in goes ciphertext and a
// passphrase, out comes text to show, bytes to send, and signatures.
import type {
  Answers,
  AttachmentEntry,
  Consents,
  Language,
  ListedRecipient,
  Localised,
  Location,
  ResponderStatus,
  Severity,
  SignedRoster,
  StatementType,
} from '@jardam/protocol';

/** A responder as the verified roster names them; without keys, which the page has no use for. */
export interface Person {
  /** 32 hexadecimal characters. */
  readonly rid: string;
  readonly org: string;
  readonly role: string;
  readonly tiers: readonly number[];
  readonly status: ResponderStatus;
  /** Active, and today lies within the dates of their keys. */
  readonly usable: boolean;
}

export interface RosterView {
  readonly version: number;
  /** base64url. */
  readonly hash: string;
  readonly organisations: readonly { readonly id: string; readonly name: Localised }[];
  readonly people: readonly Person[];
  readonly emergency: readonly { readonly label: Localised; readonly phone: string }[];
  readonly notAfter: string;
}

/** The newest roster this browser has accepted: less than that is a roll-back. */
export interface RosterMemory {
  readonly version: number;
  /** base64url of 32 bytes. */
  readonly hash: string;
}

export type RosterRefusal =
  | 'empty'
  | 'malformed'
  | 'wrong-instance'
  | 'broken-chain'
  | 'rolled-back'
  | 'equivocation'
  | 'bad-signature'
  | 'too-few-signatures'
  | 'bad-key'
  | 'too-long-validity'
  | 'not-yet-valid'
  | 'expired';

export interface NewKeys {
  readonly rid: string;
  readonly sigPk: string;
  readonly kemPk: string;
  readonly vault: Uint8Array;
  readonly recoveryCode: string;
  /** Eight words that the coordinator compares. */
  readonly fingerprint: readonly string[];
}

export type Unlocked =
  | { readonly sigPk: string; readonly fingerprint: readonly string[] }
  | { readonly refused: 'wrong-passphrase' | 'passkey-needed' | 'wrong-recovery-code' | 'damaged' };

/** Whom the roster means by the key that the vault opened. */
export type Identity =
  | { readonly person: Person }
  | { readonly refused: 'not-in-roster' | 'swapped-key' };

export interface SealedMessage {
  /** base64url of 32 bytes. */
  readonly envelopeHash: string;
  readonly receivedAt: string;
  readonly bytes: Uint8Array;
}

/** What was found about the phrase of a stand-down. 'wrong': also when none was typed although one was agreed. */
export type PhraseFinding = 'right' | 'wrong' | 'none-agreed';

export type AlertMessage = { readonly envelopeHash: string; readonly receivedAt: string } & (
  | { readonly kind: 'followup'; readonly text: string; readonly answers?: Answers; readonly attachments: readonly AttachmentEntry[] }
  | { readonly kind: 'stand-down'; readonly reason: 'safe' | 'mistake'; readonly text?: string; readonly phrase: PhraseFinding }
  | { readonly kind: 'reply' | 'note'; readonly rid: string; readonly time: number; readonly text: string }
  | { readonly kind: 'refused'; readonly reason: OpenRefusal }
);

/** Why something must not be shown. Codes of EnvelopeError pass through; the others are the keyring's own. */
export type OpenRefusal =
  | 'tampered'
  | 'bad-signature'
  | 'gate-closed'
  | 'not-a-recipient'
  | 'unknown-roster'
  | 'not-listed'
  | 'out-of-order'
  | 'another-alert'
  | 'another-instance'
  | 'bad-content'
  | 'unknown-responder'
  | 'bad-responder-signature';

export interface OpenedAlert {
  readonly kind: 'report' | 'panic' | 'check-in';
  readonly lang: Language;
  readonly at: string;
  readonly severity: Severity;
  /** The report's answers, overlaid by those of follow-ups, the newest last. */
  readonly answers: Answers;
  /** As they are now: a follow-up may have given or withdrawn some. */
  readonly consents: Consents;
  readonly recipients: readonly ListedRecipient[];
  readonly location?: Location;
  readonly attachments: readonly AttachmentEntry[];
  /** In the order in which the server received them. */
  readonly messages: readonly AlertMessage[];
  /** Written into a chat that a third party could read; the sender cannot read replies there. */
  readonly via?: 'telegram';
  /** The tier of the stanza that opened for this reader. */
  readonly tier: number;
  /** Tiers whose reading waits for the gatekeeper. */
  readonly gatedTiers: readonly number[];
}

export type OpenAlertResult = { readonly alert: OpenedAlert } | { readonly refused: OpenRefusal };

/** One line of an alert's ledger, as the service shows it and as it was hashed. */
export interface RecordedEvent {
  readonly n: number;
  readonly type: string;
  readonly at: string;
  readonly tier: number | null;
  readonly actorRid: string | null;
  readonly detail: Readonly<Record<string, unknown>> | null;
  /** base64url: eventHash of `body`, the encoded event, and what the person signed. */
  readonly hash: string;
  readonly body: string;
  readonly statement: string | null;
}

export interface RecordedAnswer {
  readonly rid: string;
  readonly tier: number;
  readonly gen: number;
  readonly decision: 'ack' | 'decline' | 'undecryptable';
  /** base64url. */
  readonly statement: string;
  readonly proof: string | null;
}

/** What the service says about an alert: claims, until they agree with what people have signed. */
export interface ClaimedRecord {
  readonly events: readonly RecordedEvent[];
  readonly chainHead: ChainEnd;
  readonly acks: readonly RecordedAnswer[];
  readonly closeRequests: readonly { readonly rid: string; readonly outcome: string }[];
  readonly handOver: {
    readonly fromRid: string;
    readonly toRid: string | null;
    readonly toOrg: string | null;
    readonly acceptedBy: string | null;
  } | null;
  readonly owner: { readonly rid: string } | null;
  readonly policy: { readonly id: string; readonly sha256: string; readonly text: string };
  readonly view: {
    readonly severity: Severity;
    readonly state: string;
    readonly tiers: readonly { readonly tier: number; readonly key: string; readonly name: Partial<Localised>; readonly status: string }[];
    readonly events: readonly { readonly n: number; readonly type: string; readonly at: string }[];
  };
}

/** The last event of a chain: its number and its hash (base64url). */
export interface ChainEnd {
  readonly n: number;
  readonly hash: string;
}

/** In what way a record does not hold. chain: events are missing, changed or of another alert. rewritten: this desk has
 *  seen another past. signature: a person's act without that person's signature. proof: an acknowledgement by somebody
 *  who had not opened the alert. shown-otherwise: the state, or who has the alert, is not what the record says. policy:
 *  the ladder is not one that the coalition has signed. */
export type RecordFault = 'chain' | 'rewritten' | 'signature' | 'proof' | 'shown-otherwise' | 'policy';

export interface SignedAct {
  /** base64url. */
  readonly statement: string;
  readonly signature: string;
  /** Only for an acknowledgement. */
  readonly proof?: string;
}

export type SealedReply = { readonly bytes: Uint8Array } | { readonly refused: 'too-long' | 'not-opened' };

export type OpenedFile = { readonly bytes: Uint8Array } | { readonly refused: 'damaged' | 'not-opened' };

/** Every method of the Worker: input and output are structured-cloneable. */
export interface KeyringApi {
  suggestPassphrase(): Promise<string>;
  instanceWords(input: { instance: string }): Promise<readonly string[]>;
  createKeys(input: { passphrase: string; memoryBytes: number }): Promise<NewKeys>;
  provePossession(input: { instance: string }): Promise<string>;
  unlock(input: { vault: Uint8Array; secret: { passphrase: string } | { recoveryCode: string } }): Promise<Unlocked>;
  checkRoster(input: {
    versions: readonly SignedRoster[];
    instance: string;
    memory: RosterMemory | null;
    now: number;
  }): Promise<{ roster: RosterView } | { refused: RosterRefusal; version: number | null }>;
  identify(input: { rememberedRid: string | null }): Promise<Identity>;
  signIn(input: { instance: string; challenge: string; rid: string }): Promise<string>;
  openAlert(input: {
    alertId: string;
    tag: string;
    instance: string;
    report: SealedMessage;
    messages: readonly SealedMessage[];
    releaseKeys: Readonly<Record<string, string>>;
  }): Promise<OpenAlertResult>;
  /** Empty when everything that the service says about the alert is borne out by signatures and hashes. `before` is the
   *  end of a chain that was checked earlier: it must still be in this one. */
  checkRecord(input: { alertId: string; claimed: ClaimedRecord; before: ChainEnd | null }): Promise<readonly RecordFault[]>;
  openFile(input: { alertId: string; objectId: string; ciphertext: Uint8Array }): Promise<OpenedFile>;
  signAct(input: {
    alertId: string;
    type: StatementType;
    /** Header hash by the server's word; used only when this keyring has not opened the alert itself. */
    hh: string;
    /** The tier for which the person speaks: one that has been reached, which the stanza that opened need not be. */
    tier: number;
    gen: number;
    prevEventHash: string;
    time: number;
    detail: Readonly<Record<string, string | number>>;
  }): Promise<SignedAct>;
  sealReply(input: {
    alertId: string;
    kind: 'reply' | 'note';
    text: string;
    time: number;
    /** Tiers that have been reached: only they, and the writer, can read it. */
    reachedTiers: readonly number[];
  }): Promise<SealedReply>;
  changePassphrase(input: {
    vault: Uint8Array;
    secret: { passphrase: string } | { recoveryCode: string };
    next: string;
    memoryBytes: number;
    instance: string;
  }): Promise<{ vault: Uint8Array; signature: string } | Extract<Unlocked, { refused: unknown }>>;
}

export type KeyringMethod = keyof KeyringApi;
export interface KeyringCall {
  readonly id: number;
  readonly method: KeyringMethod;
  readonly input: unknown;
}
export type KeyringAnswer =
  | { readonly id: number; readonly output: unknown }
  | { readonly id: number; readonly failed: string };
