import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { sealAlert } from '../support/sealed-alert.js';
import { entriesOf, eventually, postUntilConfirmed, sendRecords, sentTooOften } from './support/alerts.js';
import type { ServiceProcess } from './support/service-process.js';
import { startWorld, type World } from './support/world.js';

describe('two instances of the service on one database', () => {
  let world: World;
  let second: ServiceProcess;

  beforeAll(async () => {
    world = await startWorld({ stepMs: 2_000 });
    second = await world.another();
  }, 60_000);

  afterAll(async () => {
    await world.stop();
  });

  it('share the work: every tier is entered once and every message is sent once', async () => {
    const alerts = Array.from({ length: 20 }, () => sealAlert(world.coalition, { severity: 'S1', t: 'panic' }));
    await Promise.all(alerts.map((alert, at) => postUntilConfirmed(at % 2 === 0 ? world.url : second.url, alert)));
    for (const alert of alerts) {
      const entries = await eventually(
        () => entriesOf(world.database, alert),
        (all) => all.some(({ tier }) => tier === 5),
        30_000,
      );
      const climbed = entries.filter(({ outcome, loop }) => outcome !== 'not_consented' && loop === 0).map(({ tier }) => tier);
      expect(climbed).toEqual([1, 2, 3, 4, 5]);
    }
    const records = await eventually(
      () => sendRecords(world.database),
      (all) => all.every(({ state }) => state !== 'pending' && state !== 'sending'),
      30_000,
    );
    expect(sentTooOften(records, world.mail.mails)).toEqual([]);
    const counts = new Map<string, number>();
    for (const { messageId } of world.mail.mails) counts.set(messageId, (counts.get(messageId) ?? 0) + 1);
    expect([...counts.values()].filter((count) => count > 1)).toEqual([]);
  }, 90_000);

  it('go on alone when one is killed: the other one takes over what it had begun', async () => {
    const alert = sealAlert(world.coalition, { severity: 'S1', t: 'panic' });
    await postUntilConfirmed(second.url, alert);
    await second.kill();
    await eventually(
      () => entriesOf(world.database, alert),
      (all) => all.some(({ tier }) => tier === 5),
      30_000,
    );
  }, 60_000);
});
