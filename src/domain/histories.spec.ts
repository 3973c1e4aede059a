import { describe, expect, it } from '@jest/globals';
import { CoreWorld } from '../../test/simulation/core/core-world.js';
import { runHistories } from '../../test/simulation/core/histories.js';
import { drawLife } from '../../test/simulation/core/life.js';
import { anySeed, Draw } from '../../test/simulation/draw.js';
import { decide } from './decide.js';

/** A run names its seed when it fails; `npm run simulate -- --histories N --seed S` lives the same ones again, or more. */
const histories = Number(process.env.JARDAM_HISTORIES ?? 100_000);
const seed = Number(process.env.JARDAM_SEED ?? anySeed());
const patienceMs = 600_000;

describe('whatever happens to an alert', () => {
  it(
    'keeps what must always be true',
    () => {
      const lived = runHistories(seed, histories);
      expect(lived).toBeGreaterThan(histories / 2);
    },
    patienceMs,
  );

  it(
    'left alone, it always comes to the duty desk, with every consented tier entered in order',
    () => {
      for (let number = 0; number < histories / 100; number++) {
        const world = CoreWorld.open(drawLife(new Draw(seed + number)));
        if (!world) continue;
        const { ladder, life } = world;
        for (let rings = 0; world.timer.loop === 0; rings++) {
          if (rings > 50) throw new Error(`the ladder does not end; seed ${seed + number}`);
          world.now = Math.max(world.now, world.timer.dueAt ?? world.now);
          world.apply(decide(ladder, world.timer, world.now, world.context()), 'ring');
        }
        expect(world.entries.filter(({ outcome }) => outcome !== 'not_consented').map(({ tier }) => tier)).toEqual(ladder.steps.map(({ tier }) => tier));
        expect(world.messages.filter(({ purpose }) => purpose === 'unanswered')).toHaveLength(life.dutyDesk.length);
      }
    },
    patienceMs,
  );
});
