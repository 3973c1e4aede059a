import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { runCommandLine } from '../../src/cli/program.js';
import { ContactBook } from '../../src/roster/contact-book.js';
import { testApp, type TestApp } from '../support/app.js';
import { signIn } from '../support/desk-client.js';
import { sendingTo, until } from '../support/ladder.js';
import { startMailSink, type MailSink } from '../support/mail-sink.js';
import { demoCoalition, type StoredCoalition } from '../support/stored-coalition.js';

describe('jardam drill', () => {
  let sink: MailSink;
  let app: TestApp;
  let coalition: StoredCoalition;
  let folder: string;

  beforeAll(async () => {
    sink = await startMailSink();
    app = await testApp({ config: sendingTo(sink.port) });
    coalition = await demoCoalition(app.database, { contacts: app.service.app.get(ContactBook) });
    folder = mkdtempSync(join(tmpdir(), 'jardam-drill-'));
  });
  afterAll(async () => {
    await app.stop();
    await sink.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  async function drill(...args: string[]): Promise<{ code: number; out: string[]; err: string }> {
    const out: string[] = [];
    const err: string[] = [];
    const nobody = (): Promise<string> => Promise.reject(new Error('nothing is asked'));
    const code = await runCommandLine(['drill', ...args], {
      terminal: { interactive: false, say: (line) => out.push(line), note: (line) => err.push(line), ask: nobody, askSecret: nobody },
      environment: { DATABASE_URL: app.databaseUrl, JARDAM_DATA_DIR: folder },
      now: () => new Date(),
    });
    return { code, out, err: err.join('\n') };
  }

  it('takes the same path as an alert, is marked on the desk, and its answer times are measured', async () => {
    const started = await drill('start', '--url', app.url, '--with', 'abroad');
    expect(started).toMatchObject({ code: 0, out: [expect.stringMatching(/^[0-9a-f]{32}$/)] });
    const [id = ''] = started.out;
    await sink.waitFor(({ to }) => to === coalition.people.osh.email);
    const osh = await signIn(app.url, coalition, coalition.people.osh);
    const queue = (await osh.get('/desk/alerts')).json<{ alertId: string; drill: boolean }[] | { alerts: { alertId: string; drill: boolean }[] }>();
    const listed = (Array.isArray(queue) ? queue : queue.alerts).find(({ alertId }) => alertId === id);
    expect(listed).toMatchObject({ drill: true });
    const stored = await app.database.query<{ tiers: number[]; drill: boolean; gates: number }>(
      `SELECT tiers, drill, (SELECT count(*)::int FROM release_key k WHERE k.alert_id = a.alert_id) AS gates FROM alert a WHERE encode(alert_id, 'hex') = $1`,
      [id],
    );
    expect(stored.rows).toEqual([{ tiers: [1, 2, 3, 4], drill: true, gates: 1 }]);
    const untaken = (await drill('results')).out;
    expect(untaken[0]).toMatch(new RegExp(`S2 {2}notifying {2}${id}$`));
    expect(untaken[1]).toMatch(/^ {2}tier 1 .* not opened {2}not answered$/);
    // Written as the desk writes it; how it comes there is told in desk-acts.spec.ts.
    await app.database.query(
      `INSERT INTO ack (coalition_id, alert_id, gen, rid, org, tier, decision, statement, signature, at)
       SELECT coalition_id, alert_id, 1, $2, 'partner-osh', 1, 'ack', '', decode(repeat('00', 64), 'hex'), now() + interval '150 seconds' FROM alert WHERE encode(alert_id, 'hex') = $1`,
      [id, Buffer.from(coalition.people.osh.rid)],
    );
    await until('the answer is measured', async () => (await drill('results', '--last', '1')).out[1]?.includes('answered after 2 minutes'));
  });

  it('says what is wrong', async () => {
    expect(await drill('start', '--with', 'press')).toMatchObject({ code: 2, err: expect.stringContaining('--with takes some of abroad,eu,un') });
    expect(await drill('start', '--url', 'http://127.0.0.1:1')).toMatchObject({ code: 3, err: expect.stringContaining('does not answer: is it running') });
    expect(await drill('results', '--last', '0')).toMatchObject({ code: 2, err: expect.stringContaining('--last is a number from 1 to 50') });
  });
});
