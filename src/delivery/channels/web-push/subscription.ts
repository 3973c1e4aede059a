import { fromBase64url } from '@jardam/protocol';
import { z } from 'zod';

const maxEndpointLength = 600;
/** Uncompressed point of P-256, and the authentication secret (RFC 8291, 3.2). */
const publicKeyBytes = 65;
const authBytes = 16;

const base64urlOf = (bytes: number): z.ZodType<string> => z.string().refine((text) => fromBase64url(text, bytes) !== null, `base64url of ${bytes} bytes`);

/** What a browser gives a page that may notify (W3C Push API, PushSubscription.toJSON). */
export const subscriptionSchema = z.strictObject({
  endpoint: z
    .string()
    .max(maxEndpointLength)
    .refine((text) => URL.canParse(text) && new URL(text).protocol === 'https:' && new URL(text).username === '', 'an https address'),
  keys: z.strictObject({ p256dh: base64urlOf(publicKeyBytes), auth: base64urlOf(authBytes) }),
});
export type Subscription = z.output<typeof subscriptionSchema>;

/** A subscription as the address of a contact. */
export function subscriptionAddress({ endpoint, keys }: Subscription): string {
  return JSON.stringify([endpoint, keys.p256dh, keys.auth]);
}

/** The subscription again; null when the address is none. */
export function parseSubscriptionAddress(address: string): Subscription | null {
  try {
    const [endpoint, p256dh, auth] = JSON.parse(address) as unknown[];
    return subscriptionSchema.safeParse({ endpoint, keys: { p256dh, auth } }).data ?? null;
  } catch {
    return null;
  }
}
