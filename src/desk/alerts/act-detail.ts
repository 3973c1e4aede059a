import { z } from 'zod';
import type { StatementType } from '@jardam/protocol';

// Statements are stored in the clear as evidence. So a detail holds codes and ids, and there is no field into which
// somebody could write a name.
const code = z.string().regex(/^[a-z][a-z0-9_]{1,39}$/, 'a code of a-z, 0-9 and _');
const rid = z.string().regex(/^[0-9a-f]{32}$/, '32 hexadecimal digits');
const org = z.string().min(1).max(64);
const nothing = z.strictObject({});
/** The longest that any policy can allow, 90 days; how long is too long is the policy's to say. */
const longestSnoozeMinutes = 129_600;

const details = {
  seen: nothing,
  ack: nothing,
  decline: z.strictObject({ reason: code.optional() }),
  undecryptable: z.strictObject({ code: code.optional() }),
  action: z.strictObject({ code }),
  escalate: nothing,
  hand_over: z.union([z.strictObject({ toRid: rid }), z.strictObject({ toOrg: org })]),
  hand_over_accept: nothing,
  renew: nothing,
  snooze: z.strictObject({ minutes: z.int().min(1).max(longestSnoozeMinutes) }),
  stand_down_check: z.strictObject({ result: z.enum(['genuine', 'doubtful']) }),
  close: z.strictObject({ outcome: z.enum(['resolved', 'false_alarm', 'stood_down']) }),
} satisfies Record<StatementType, z.ZodType>;

/** A signed act with its detail, by type. */
export type Act = { readonly [T in StatementType]: { readonly type: T; readonly detail: z.output<(typeof details)[T]> } }[StatementType];

/** Reads the JSON of a statement's detail; null when it is not exactly what its type allows. */
export function readAct(type: StatementType, json: string): Act | null {
  let detail: unknown;
  try {
    detail = JSON.parse(json);
  } catch {
    return null;
  }
  const read = details[type].safeParse(detail);
  return read.success ? ({ type, detail: read.data } as Act) : null;
}
