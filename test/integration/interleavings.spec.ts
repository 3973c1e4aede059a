import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import pg from 'pg';
import { Draw } from '../simulation/draw.js';
import { InterleavedEngines } from '../simulation/interleaved-engines.js';

const seed = Number(process.env.JARDAM_SEED ?? 1);
// So many that every broken rule of the mutations is met by one of them.
const scenarios = Number(process.env.JARDAM_SCENARIOS ?? 11);
const patienceMs = 240_000;

describe('several engines, senders and people on one database', () => {
  let engines: InterleavedEngines;

  beforeAll(async () => {
    engines = await InterleavedEngines.open(async (url) => {
      const client = new pg.Client({ connectionString: url });
      await client.connect();
      return client;
    });
  });
  afterAll(() => engines.close());

  it(
    'keep every rule of the list, in whatever order their steps come',
    async () => {
      for (let number = 0; number < scenarios; number++) {
        const { trace, found } = await engines.scenario(new Draw(seed + number));
        if (found.length > 0) throw new Error(`${found.join('\n')}\nseed ${seed + number}:\n  ${trace.join('\n  ')}`);
        expect(trace.length).toBeGreaterThan(10);
      }
    },
    patienceMs,
  );
});
