import { Inject, Injectable } from '@nestjs/common';
import { isUsableKemKey, verifyPossession, type Language, type Primitives } from '@jardam/protocol';
import { DEFAULT_COALITION } from '../platform/coalition.js';
import { PRIMITIVES } from '../platform/crypto.js';
import type { Tx } from '../platform/database/database.js';
import { ContactBook } from '../roster/contact-book.js';
import { Invitations } from './invitations.js';
import { Vaults } from './vaults.js';

export interface EnrolmentContact {
  readonly channel: 'email';
  readonly address: string;
  readonly lang: Language;
  /** Armoured OpenPGP public key. */
  readonly pgpKey?: string | undefined;
}

/** What the browser of a new responder sends on the first day. All secrets stay there. */
export interface NewResponder {
  readonly invitation: Uint8Array;
  readonly rid: Uint8Array;
  readonly sigPk: Uint8Array;
  readonly kemPk: Uint8Array;
  /** Signature by sigPk that binds rid and kemPk to it. */
  readonly possession: Uint8Array;
  readonly vault: Uint8Array;
  readonly vaultLocator: Uint8Array;
  readonly contacts: readonly EnrolmentContact[];
}

export type Enrolled =
  | { readonly rid: Uint8Array }
  | { readonly refused: 'invitation-not-valid' | 'not-set-up' | 'bad-possession' | 'unusable-key' | 'already-known' };

/** The first day: an invitation is exchanged for a place on probation. Only a signed roster makes more of it. */
@Injectable()
export class Enrolment {
  constructor(
    @Inject(PRIMITIVES) private readonly p: Primitives,
    @Inject(Invitations) private readonly invitations: Invitations,
    @Inject(Vaults) private readonly vaults: Vaults,
    @Inject(ContactBook) private readonly contacts: ContactBook,
  ) {}

  /**
   * Enrols somebody. The keys are checked before the invitation is used up, so that a broken attempt costs nothing;
   * the very same request sent again after a lost answer is answered as the first time.
   */
  async enrol(tx: Tx, person: NewResponder): Promise<Enrolled> {
    const { rows } = await tx.query<{ instance_id: Buffer | null }>('SELECT instance_id FROM coalition WHERE coalition_id = $1', [
      DEFAULT_COALITION,
    ]);
    const instanceId = rows[0]?.instance_id;
    if (!instanceId) return { refused: 'not-set-up' };
    const { rid, kemPk, sigPk: signPk, possession: signature } = person;
    if (!verifyPossession(this.p, { instanceId, rid, kemPk, signPk, signature })) return { refused: 'bad-possession' };
    if (!isUsableKemKey(this.p, kemPk)) return { refused: 'unusable-key' };

    const open = await this.invitations.look(tx, person.invitation);
    if (open === null) return (await this.isRepeated(tx, person)) ? { rid } : { refused: 'invitation-not-valid' };
    if (await this.isKnown(tx, rid)) return { refused: 'already-known' };
    const invitation = await this.invitations.use(tx, person.invitation);
    if (invitation === null) return { refused: 'invitation-not-valid' };

    await tx.query(
      `INSERT INTO enrolment (coalition_id, rid, org, role, tiers, sig_pk, kem_pk, possession)
       VALUES ($1, $2, $3, $4, $5, $6, $7, $8)`,
      [
        DEFAULT_COALITION,
        Buffer.from(rid),
        invitation.org,
        invitation.role,
        [...invitation.tiers],
        Buffer.from(signPk),
        Buffer.from(kemPk),
        Buffer.from(signature),
      ],
    );
    await this.vaults.store(tx, { rid, locator: person.vaultLocator, sealed: person.vault });
    for (const [index, contact] of person.contacts.entries()) {
      const { tokenHash, addressSealed } = invitation;
      await this.contacts.add(tx, {
        coalitionId: DEFAULT_COALITION,
        purpose: 'responder',
        rid,
        channel: contact.channel,
        address: contact.address,
        priority: index + 1,
        pgpKey: contact.pgpKey ?? null,
        lang: contact.lang,
        verified: this.contacts.provesAddress(DEFAULT_COALITION, tokenHash, addressSealed, contact.address),
      });
    }
    return { rid };
  }

  /** An id is 128 random bits: a second person with it is never chance, and the invitation must not be lost to it. */
  private async isKnown(tx: Tx, rid: Uint8Array): Promise<boolean> {
    const { rowCount } = await tx.query(
      `SELECT FROM enrolment WHERE coalition_id = $1 AND rid = $2
       UNION ALL SELECT FROM responder WHERE coalition_id = $1 AND rid = $2`,
      [DEFAULT_COALITION, Buffer.from(rid)],
    );
    return rowCount > 0;
  }

  private async isRepeated(tx: Tx, person: NewResponder): Promise<boolean> {
    const stored = await this.vaults.readIn(tx, person.vaultLocator);
    if (stored === null || !Buffer.from(person.vault).equals(stored)) return false;
    const { rowCount } = await tx.query(
      `SELECT FROM enrolment WHERE coalition_id = $1 AND rid = $2 AND sig_pk = $3 AND kem_pk = $4 AND possession = $5`,
      [DEFAULT_COALITION, ...[person.rid, person.sigPk, person.kemPk, person.possession].map((bytes) => Buffer.from(bytes))],
    );
    return rowCount === 1;
  }
}
