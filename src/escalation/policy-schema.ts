import { createHash } from 'node:crypto';
import { z } from 'zod';
import { SEVERITY_NAMES } from '../domain/severity.js';
import type { Names, Policy } from '../domain/policy.js';
import { loadYaml } from '../platform/config/yaml-file.js';

const UNITS_MS = { s: 1_000, min: 60_000, h: 3_600_000, d: 86_400_000 } as const;
const longestMs = 90 * UNITS_MS.d;
const DURATION_WORDS = 'a duration like 30 s, 5 min, 4 h or 7 d, of at most 90 d';

/** "5 min" → 300000; 0 stands without a unit. null when it is not a duration, or a longer one than any ladder needs. */
export function parseDuration(value: unknown): number | null {
  if (value === 0 || value === '0') return 0;
  const match = typeof value === 'string' ? /^(\d{1,6}) ?(s|min|h|d)$/.exec(value) : null;
  if (!match) return null;
  const ms = Number(match[1]) * UNITS_MS[match[2] as keyof typeof UNITS_MS];
  return ms <= longestMs ? ms : null;
}

const duration = (leastMs: number, least: string): z.ZodType<number> =>
  z.unknown().transform((value, context) => {
    const ms = parseDuration(value);
    if (ms !== null && ms >= leastMs) return ms;
    context.addIssue({ code: 'custom', message: `${DURATION_WORDS}${leastMs > 0 ? `, at least ${least}` : ''}` });
    return z.NEVER;
  });

const delay = z.unknown().transform((value, context) => {
  if (value === 'next shift') return 'next_shift' as const;
  if (value === 'never') return null;
  const ms = parseDuration(value);
  if (ms !== null) return ms;
  context.addIssue({ code: 'custom', message: `${DURATION_WORDS}, "next shift" or "never"` });
  return z.NEVER;
});

/** A duration of at least a minute, or "never". */
const orNever = z.unknown().transform((value, context) => {
  if (value === 'never') return null;
  const ms = parseDuration(value);
  if (ms !== null && ms >= UNITS_MS.min) return ms;
  context.addIssue({ code: 'custom', message: `${DURATION_WORDS}, at least 1 min, or "never"` });
  return z.NEVER;
});

const bySeverity = <S extends z.ZodType>(value: S) => z.strictObject({ S1: value, S2: value, S3: value, S4: value });
const text = z.string().min(1).max(120);
const names = z.strictObject({ ky: text, ru: text, uz: text, tg: text, en: text });
const clock = z.string().regex(/^([01]\d|2[0-3]):[0-5]\d$/, 'a time like "09:00", in quotes');

const zone = z.string().refine(isZone, 'a time zone of the IANA list, like Asia/Bishkek');

const tier = z
  .strictObject({
    tier: z.int().min(1).max(255),
    key: z.string().regex(/^[A-Za-z0-9]{1,8}$/, '1 to 8 letters and digits'),
    name: names,
    after: bySeverity(delay),
    satisfiedBy: z.union([z.enum(['any', 'each_org']), z.strictObject({ quorum: z.int().min(2).max(20) })]).default('any'),
    consent: z.enum(['abroad', 'eu', 'un', 'publication']).nullable().default(null),
    gated: z.boolean().default(false),
    by: z.enum(['people', 'task']).default('people'),
    askTier: z.int().min(1).max(255).optional(),
  })
  .transform(({ after, ...rest }) => ({ ...rest, afterMs: after }));

const tiers = z
  .array(tier)
  .min(1)
  .max(20)
  .superRefine((list, context) => {
    // zod goes on to here with entries that were refused; their neighbours cannot be judged by them.
    if (list.some((step: Partial<FileTier>) => step.afterMs === undefined)) return;
    for (const [at, step] of list.entries()) checkStep(list, at, step, (path, message) => context.addIssue({ code: 'custom', path: [at, ...path], message }));
  });

const snoozeLimits = bySeverity(orNever).refine(({ S1 }) => S1 === null, { path: ['S1'], message: '"never": nobody puts off a critical alert' });

/** A policy as people write it; durations in words, one ladder for all severities. */
export const policyFileSchema = z.strictObject({
  id: z.string().regex(/^[a-z0-9-]{1,40}$/, '1 to 40 of a-z, 0-9 and -'),
  version: z.int().min(1).max(1_000_000),
  name: names,
  zone,
  shift: z
    .strictObject({ starts: clock, ends: clock, weekdays: z.array(z.int().min(1).max(7)).min(1).max(7) })
    .refine(({ starts, ends }) => starts < ends, { path: ['ends'], message: 'a time after the start of the shift' }),
  tiers,
  ack: z.strictObject({
    expires: bySeverity(duration(UNITS_MS.min, '1 min')),
    remindAt: z.number().min(0.1).max(0.95),
    then: z.enum(['same', 'next']),
    snoozeMost: snoozeLimits.optional(),
  }),
  handedOver: duration(5 * UNITS_MS.s, '5 s'),
  repeat: bySeverity(orNever).optional(),
  standDownPause: duration(0, '0').refine((ms) => ms <= 15 * UNITS_MS.min, 'a duration of at most 15 min'),
  loop: z.strictObject({ after: bySeverity(duration(10 * UNITS_MS.s, '10 s')), max: z.int().min(0).max(1_000).nullable() }),
});

type FileTier = z.output<typeof tier>;

function checkStep(list: readonly FileTier[], at: number, step: FileTier, refuse: (path: string[], message: string) => void): void {
  const before = list.slice(0, at);
  const last = before.at(-1);
  if (last && step.tier <= last.tier) refuse(['tier'], `a number greater than ${last.tier}, the tier before it`);
  if (before.some(({ key }) => key === step.key)) refuse(['key'], 'a key that no other tier has');
  if (step.by === 'task' && !before.some(({ tier: number, by }) => number === step.askTier && by === 'people')) {
    refuse(['askTier'], 'the number of an earlier tier of people, who are asked to do the task');
  }
  for (const severity of SEVERITY_NAMES) {
    const value = step.afterMs[severity];
    if (at === 0 && value !== 0 && value !== 'next_shift') refuse(['after', severity], '0 or "next shift" in the first tier');
    if (at > 0 && value === 'next_shift') refuse(['after', severity], `${DURATION_WORDS}, or "never": only the first tier waits for a shift`);
    const earlier = before.map(({ afterMs }) => afterMs[severity]).filter((ms) => typeof ms === 'number');
    if (typeof value === 'number' && value < Math.max(0, ...earlier)) refuse(['after', severity], 'not earlier than the tier before it');
  }
}

function isZone(name: string): boolean {
  try {
    return new Intl.DateTimeFormat('en', { timeZone: name }).resolvedOptions().timeZone !== '';
  } catch {
    return false;
  }
}

/**
 * Reads a policy file.
 *
 * @throws ConfigError that names file, line and field, and says what is allowed there, for everything that is wrong
 */
export function loadPolicy(file: string): Policy {
  return policyOf(loadYaml(file, policyFileSchema));
}

/** The policy as the engine, the database and the pages know it. */
export function policyOf(file: z.output<typeof policyFileSchema>): Policy {
  const { ack, loop, handedOver, repeat, standDownPause, name, ...same } = file;
  return {
    ...same,
    name: name satisfies Names,
    ack: { expiresMs: ack.expires, remindAt: ack.remindAt, then: ack.then, ...(ack.snoozeMost === undefined ? {} : { snoozeMostMs: ack.snoozeMost }) },
    handedOverMs: handedOver,
    ...(repeat === undefined ? {} : { repeatMs: repeat }),
    standDownPauseMs: standDownPause,
    loop: { afterMs: loop.after, max: loop.max },
  };
}

/** SHA-256 over the policy's JSON with sorted keys and no spaces: the same from a file, from jsonb and in a browser. */
export function policySha256(policy: Policy): Buffer {
  return createHash('sha256').update(canonicalJson(policy)).digest();
}

/** JSON with the keys of every object sorted by code unit, without spaces; undefined fields are left out. */
export function canonicalJson(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonicalJson).join(',')}]`;
  if (value === null || typeof value !== 'object') return JSON.stringify(value);
  const fields = Object.entries(value)
    .filter(([, each]) => each !== undefined)
    .sort(([a], [b]) => (a < b ? -1 : 1));
  return `{${fields.map(([name, each]) => `${JSON.stringify(name)}:${canonicalJson(each)}`).join(',')}}`;
}
