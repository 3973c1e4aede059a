import { describe, expect, it } from '@jest/globals';
import { Draw } from '../simulation/draw.js';
import { runRounds } from '../simulation/rounds.js';

/** `npm run simulate -- --rounds 50` goes through all faults, several times and together; here is a little of it. */
const seed = Number(process.env.JARDAM_SEED ?? 1);
const rounds = 2;
/** Other tests run on the same two processors; `npm run simulate` demands the 2 s of the rule. */
const nextTierMs = 15_000;
const patienceMs = 400_000;

describe('two instances, PostgreSQL and mail servers under faults', () => {
  it(
    `keep every rule of the list (seed ${seed})`,
    async () => {
      const struck = await runRounds(new Draw(seed), { rounds, slow: false, only: '', nextTierMs, tell: () => undefined });
      expect(struck.length).toBeGreaterThan(rounds);
    },
    patienceMs,
  );
});
