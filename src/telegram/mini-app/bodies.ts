import { z } from 'zod';
import { fromBase64url } from '@jardam/protocol';
import { problem } from '../../platform/http/problem.js';

/** Base64url of exactly so many bytes, or of any number up to a limit. */
const bytes = (exactly: number | { readonly atMost: number }) =>
  z
    .string()
    .max(Math.ceil(((typeof exactly === 'number' ? exactly : exactly.atMost) * 4) / 3) + 4)
    .transform((text, context): Uint8Array => {
      const decoded = typeof exactly === 'number' ? fromBase64url(text, exactly) : fromBase64url(text);
      if (decoded !== null) return decoded;
      context.addIssue({ code: 'custom', message: typeof exactly === 'number' ? `base64url of ${exactly} bytes` : 'base64url' });
      return z.NEVER;
    });

const sealedPacket = {
  packet: bytes({ atMost: 512 * 1024 }),
  releaseSecret: bytes(32),
  receipt: z.strictObject({ locator: bytes(32), wrapped: bytes(48) }).optional(),
};

export const armBody = z.strictObject({ ...sealedPacket, countdownSeconds: z.int().min(0).max(60).nullable() });
export const checkInBody = z.strictObject({
  ...sealedPacket,
  dueAt: z.iso.datetime().transform((text) => new Date(text)),
  graceMinutes: z.int().min(5).max(1_440),
  repeat: z.enum(['none', 'daily']),
});

/** @throws Problem 400 that names the first wrong field and what is allowed there, never its value */
export function readBody<S extends z.ZodType>(schema: S, body: unknown): z.output<S> {
  const read = schema.safeParse(body);
  if (read.success) return read.data;
  const issue = read.error.issues[0];
  throw problem(400, 'bad-body', 'The body is not as it must be', `${issue?.path.join('.') ?? ''}: ${issue?.message ?? ''}`);
}
