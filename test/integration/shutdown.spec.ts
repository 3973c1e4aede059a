import { describe, expect, it } from '@jest/globals';
import { ContactBook } from '../../src/roster/contact-book.js';
import { testApp } from '../support/app.js';
import { Defender } from '../support/defender.js';
import { attemptsOf, deliveriesOf } from '../support/ladder.js';
import { startMailSink } from '../support/mail-sink.js';
import { sealAlert } from '../support/sealed-alert.js';
import { demoCoalition } from '../support/stored-coalition.js';

describe('an instance that is told to stop', () => {
  it('finishes the mail that is on its way, within the lease, and leaves no answer open', async () => {
    const mail = await startMailSink();
    const app = await testApp({ config: { mail: { host: '127.0.0.1', port: mail.port, security: 'none' } } });
    try {
      const coalition = await demoCoalition(app.database, { contacts: app.service.app.get(ContactBook) });
      mail.behave({ kind: 'tarpit', ms: 2_000 });
      const atTheDoor = new Promise((resolve) => mail.once('recipient', resolve));
      const alert = sealAlert(coalition, { severity: 'S1', t: 'panic' });
      expect((await new Defender(app.url).send(alert.submission)).status).toBe(201);
      await atTheDoor;
      // What SIGTERM calls (src/main.ts).
      await app.service.stop();
      const tried = (await deliveriesOf(app.database, alert.alertId)).filter(({ attempt }) => attempt > 0);
      expect(tried.length).toBeGreaterThan(0);
      for (const { delivery_id, state } of tried) {
        expect(state).toBe('sent');
        expect(await attemptsOf(app.database, delivery_id)).toMatchObject([{ attempt: 1, outcome: 'accepted' }]);
      }
    } finally {
      await app.stop();
      await mail.stop();
    }
  }, 60_000);
});
