import { z } from 'zod';
import { fromBase64url, fromHex, LANGUAGES, ridBytes, signatureBytes, xwingPublicKeyBytes } from '@jardam/protocol';
import { subscriptionSchema } from '../../delivery/channels/web-push/subscription.js';
import { problem } from '../../platform/http/problem.js';
import { invitationTokenBytes } from '../invitations.js';
import { maxAddressLength, maxContactsPerEnrolment, maxOwnContacts, maxPgpKeyLength, maxVaultBytes } from '../limits.js';
import { vaultLocatorBytes } from '../vaults.js';

// What comes in over HTTP, read once at the door: behind it there are bytes of the right length, not text.

/** base64url without padding of exactly `length` bytes. */
function bytes(length: number) {
  return z.string().transform((text, context) => {
    const read = fromBase64url(text, length);
    if (read !== null) return read;
    context.addIssue({ code: 'custom', message: `base64url of ${length} bytes` });
    return z.NEVER;
  });
}

/** base64url of at most `most` bytes, and at least one. */
function someBytes(most: number) {
  return z.string().transform((text, context) => {
    const read = text.length > 2 * most ? null : fromBase64url(text);
    if (read !== null && read.length > 0 && read.length <= most) return read;
    context.addIssue({ code: 'custom', message: `base64url of 1 to ${most} bytes` });
    return z.NEVER;
  });
}

const rid = z.string().transform((text, context) => {
  const read = fromHex(text, ridBytes);
  if (read !== null) return read;
  context.addIssue({ code: 'custom', message: `${2 * ridBytes} hexadecimal digits` });
  return z.NEVER;
});

const challengeBytes = 32;
const maxStatementBytes = 4_096;
const maxProofBytes = 64; // the exact length is a matter of the statement, and has its own refusal

export const challengeRequest = z.strictObject({ rid });

export const signInRequest = z.strictObject({ rid, challenge: bytes(challengeBytes), signature: bytes(signatureBytes) });

export const vaultChangeRequest = z.strictObject({ vault: someBytes(maxVaultBytes), signature: bytes(signatureBytes) });

// Deliberately loose: what an address may be is for the mail server to say. No space, so that nothing can be added
// to a header.
const address = z.string().max(maxAddressLength).regex(/^[^\s@<>,;]+@[^\s@<>,;]+$/u, 'a mail address');

export const enrolmentRequest = z.strictObject({
  invitation: bytes(invitationTokenBytes),
  rid,
  sigPk: bytes(32),
  kemPk: bytes(xwingPublicKeyBytes),
  possession: bytes(signatureBytes),
  vault: someBytes(maxVaultBytes),
  vaultLocator: bytes(vaultLocatorBytes),
  contacts: z
    .array(
      z.strictObject({
        channel: z.literal('email'),
        address,
        lang: z.enum(LANGUAGES),
        pgpKey: z.string().max(maxPgpKeyLength).startsWith('-----BEGIN PGP PUBLIC KEY BLOCK-----', 'an armoured OpenPGP public key').optional(),
      }),
    )
    .min(1)
    .max(maxContactsPerEnrolment),
});

/** A way to be reached that somebody adds at the desk. */
export const newContactRequest = z.discriminatedUnion('channel', [
  z.strictObject({ channel: z.literal('email'), address, lang: z.enum(LANGUAGES) }),
  z.strictObject({ channel: z.literal('web-push'), subscription: subscriptionSchema, lang: z.enum(LANGUAGES) }),
]);

export const contactCodeRequest = z.strictObject({ code: z.string().min(1).max(32) });

export const contactOrderRequest = z.strictObject({ contactIds: z.array(z.uuid()).min(1).max(maxOwnContacts) });

/** A contact's id in an address. */
export function contactIdOf(text: string): string {
  return /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/.test(text) ? text : notFound();
}

export const statementRequest = z.strictObject({
  statement: someBytes(maxStatementBytes),
  signature: bytes(signatureBytes),
  proof: someBytes(maxProofBytes).optional(),
});

/** An alert id in an address. What cannot be one is simply not found. */
export function alertIdOf(text: string): Uint8Array {
  return fromHex(text, 16) ?? notFound();
}

/** An attachment's id in an address. */
export function objectIdOf(text: string): Uint8Array {
  return fromHex(text, 16) ?? notFound();
}

/** An envelope's hash in an address, base64url. */
export function envelopeHashOf(text: string): Uint8Array {
  return fromBase64url(text, 32) ?? notFound();
}

/** Not there, not yours and not yours yet are one answer: the ladder must not be readable from error messages. */
export function notFound(): never {
  throw problem(404, 'not-found', 'There is nothing here for you');
}
