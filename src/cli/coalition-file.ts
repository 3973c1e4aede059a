import { fromBase64url, LANGUAGES, maxRoots, type Language } from '@jardam/protocol';
import { z } from 'zod';

const localised = z.strictObject(
  Object.fromEntries(LANGUAGES.map((language) => [language, z.string().min(1).max(200)])) as Record<Language, z.ZodString>,
);

/**
 * What custodians decide about the coalition and keep in a file of their own: who may sign, which organisations take
 * part, which telephone numbers the page shows when nothing else works. People are not in it: they enrol themselves.
 */
export const coalitionSchema = z
  .strictObject({
    /** How many custodians must sign a roster. */
    threshold: z.int().min(1).max(maxRoots),
    /** Public keys as `jardam custodian fingerprint` prints them. */
    roots: z
      .array(z.string().refine((text) => fromBase64url(text, 32) !== null, 'a public key as "jardam custodian fingerprint" prints it'))
      .min(1)
      .max(maxRoots)
      .refine((roots) => new Set(roots).size === roots.length, 'every key once'),
    organisations: z
      .array(z.strictObject({ id: z.string().regex(/^[a-z0-9-]{1,40}$/, '1 to 40 of a-z, 0-9 and -'), name: localised }))
      .min(1)
      .max(256)
      .refine((list) => new Set(list.map(({ id }) => id)).size === list.length, 'every id once'),
    emergency: z.array(z.strictObject({ label: localised, phone: z.string().min(2).max(32) })).max(32).default([]),
    /** Days until the roster must be renewed. */
    validDays: z.int().min(1).max(90).default(90),
  })
  .refine(({ threshold, roots }) => threshold <= roots.length, { path: ['threshold'], message: 'at most the number of roots' });

export type Coalition = z.output<typeof coalitionSchema>;
