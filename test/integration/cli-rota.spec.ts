import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import ICAL from 'ical.js';
import { runCommandLine } from '../../src/cli/program.js';
import { testDatabase, type TestDatabase } from '../support/database.js';
import { demoCoalition, type StoredCoalition } from '../support/stored-coalition.js';

/** A coordinator plans the shifts of T1b with the operator at the keyboard. */
describe('jardam rota', () => {
  let stored: TestDatabase;
  let coalition: StoredCoalition;
  let folder: string;
  let lawyer: string;
  let reserve: string;

  beforeAll(async () => {
    stored = await testDatabase();
    coalition = await demoCoalition(stored.database);
    [lawyer, reserve] = [coalition.people.lawyer.ridHex, coalition.people.oshReserve.ridHex];
    folder = mkdtempSync(join(tmpdir(), 'jardam-rota-'));
  });
  afterAll(async () => {
    await stored.drop();
    rmSync(folder, { recursive: true, force: true });
  });

  async function rota(...args: string[]): Promise<{ code: number; out: string[]; err: string }> {
    const out: string[] = [];
    const err: string[] = [];
    const nobody = (): Promise<string> => Promise.reject(new Error('nothing is asked'));
    const code = await runCommandLine(['rota', ...args], {
      terminal: { interactive: false, say: (line) => out.push(line), note: (line) => err.push(line), ask: nobody, askSecret: nobody },
      environment: { DATABASE_URL: stored.url, JARDAM_DATA_DIR: folder },
      now: () => new Date(),
    });
    return { code, out, err: err.join('\n') };
  }
  const weekly = (...more: string[]) => rota('rotation', 'add', '--tier', 'T1b', '--zone', 'Asia/Bishkek', '--first', '2026-01-05T09:00', '--every', '1 week', ...more);

  it('adds a rotation, shows it, says what lacks, and removes it', async () => {
    const added = await weekly('--turns', `${lawyer},${reserve}`);
    expect(added).toMatchObject({ code: 0, err: expect.stringContaining('one person only') });
    const shown = (await rota('show')).out.join('\n');
    expect(shown).toContain(`rotation ${added.out[0]}  tier 2  every 1 weeks from 2026-01-05T09:00 Asia/Bishkek  ${lawyer},${reserve}`);
    expect(shown).toMatch(/^T1b \(tier 2\) {2}now: [0-9a-f]{32}$/m);
    expect(shown).toContain('2 of 2 people have a verified address; no drill yet');
    const check = await rota('check');
    expect([check.code, check.out.some((line) => line.startsWith('T1b') && line.endsWith('one person has duty, and no other'))]).toEqual([1, true]);
    expect((await rota('rotation', 'remove', added.out[0] ?? '')).out).toEqual(['removed']);
    expect(await rota('rotation', 'remove', added.out[0] ?? '')).toMatchObject({ code: 1, err: 'jardam: there is no rotation of that id' });
  });

  it('adds an override by local time, refuses one that crosses it, and removes it', async () => {
    const add = (from: string, to: string) => rota('override', 'add', '--tier', '2', '--zone', 'Asia/Bishkek', '--from', from, '--to', to, '--people', reserve, '--instead-of', lawyer);
    const added = await add('2027-05-01T09:00', '2027-05-10T09:00');
    expect((await rota('show')).out.join('\n')).toContain(`override ${added.out[0]}  tier 2  2027-05-01T03:00:00Z to 2027-05-10T03:00:00Z  ${reserve} instead of ${lawyer}`);
    expect(await add('2027-05-09T09:00', '2027-05-12T09:00')).toMatchObject({ code: 1, err: expect.stringContaining(`the override ${added.out[0]} has 2027-05-01T03:00:00.000Z to`) });
    expect(await add('2027-05-09T09:00', '2027-05-09T09:00')).toMatchObject({ code: 2, err: 'jardam: --to must be later than --from' });
    expect((await rota('override', 'remove', added.out[0] ?? '')).code).toBe(0);
  });

  it('takes the days off of Kyrgyzstan as often as one likes, and opening hours', async () => {
    const take = (...more: string[]) => rota('holiday', 'import', 'config/holidays/kyrgyzstan.ics', '--zone', 'Asia/Bishkek', ...more);
    const first = await take('--org', 'partner-osh');
    expect(first).toMatchObject({ code: 0, out: [expect.stringMatching(/^(\d+) times of days off, of which \1 are new or changed$/)] });
    expect((await take('--org', 'partner-osh')).out[0]).toMatch(/of which 0 are new or changed$/);
    const { rows } = await stored.database.query<{ first: string; after: string }>(`SELECT first_day::text AS first, day_after::text AS after FROM holiday WHERE org = 'partner-osh'`);
    expect(rows).toEqual(expect.arrayContaining([{ first: '2027-05-01', after: '2027-05-10' }, { first: '2028-01-01', after: '2028-01-08' }, { first: '2027-08-31', after: '2027-09-01' }]));
    expect((await rota('hours', 'set', '--org', 'lawyers', '--zone', 'Asia/Bishkek', '--week', '1-4 09:00-18:00', '--week', '5 09:00-16:00')).code).toBe(0);
    expect((await rota('show')).out).toContain('hours lawyers  Asia/Bishkek  1,2,3,4 09:00-18:00; 5 09:00-16:00');
    expect((await rota('hours', 'clear', '--org', 'lawyers')).code).toBe(0);
    expect((await rota('quiet', 'set', '--person', lawyer, '--zone', 'Asia/Bishkek', '--hours', '22:00-07:00')).code).toBe(0);
    expect((await rota('show')).out).toContain(`quiet ${lawyer}  Asia/Bishkek  22:00-07:00`);
    expect((await rota('quiet', 'clear', '--person', lawyer)).code).toBe(0);
    expect((await rota('quiet', 'clear', '--person', lawyer)).err).toContain('has no quiet hours');
    expect((await rota('holiday', 'clear', '--org', 'partner-osh')).out[0]).toBe(`${rows.length} removed`);
  });

  it("exports a person's shifts: times, and nothing else", async () => {
    const added = await weekly('--turns', `${lawyer},${reserve}`);
    const calendar = new ICAL.Component(ICAL.parse((await rota('export', lawyer)).out.join('\n')) as unknown[]);
    const events = calendar.getAllSubcomponents('vevent').map((each) => new ICAL.Event(each));
    expect(events.length).toBeGreaterThan(5);
    for (const event of events.slice(1, -1)) expect([event.summary, event.duration.toSeconds(), event.startDate.toJSDate().toISOString().slice(11)]).toEqual(['Duty', 7 * 86_400, '03:00:00.000Z']);
    expect(calendar.toString()).not.toMatch(new RegExp(`${lawyer}|lawyer|T1b|@`, 'i'));
    await rota('rotation', 'remove', added.out[0] ?? '');
  });

  it('says exactly what is wrong', async () => {
    const stranger = coalition.people.euFocal.ridHex;
    expect((await weekly('--turns', stranger)).err).toContain(`the roster does not name ${stranger} in this tier`);
    expect((await weekly('--turns', 'somebody')).err).toContain('"somebody" is not a responder id');
    expect((await weekly('--every', '5 minutes', '--turns', lawyer)).err).toContain('"5 minutes" is not a length like "12 hours"');
    expect((await weekly('--zone', 'Bishkek', '--turns', lawyer)).err).toContain('"Bishkek" is not a time zone of the IANA list');
    expect((await weekly('--first', '2026-02-30T09:00', '--turns', lawyer)).err).toContain('"2026-02-30T09:00" is not a day that the calendar has');
    expect((await weekly('--tier', 'T9', '--turns', lawyer)).err).toContain('"T9" is no tier of people; there are T1 (1), T1b (2)');
    expect((await rota('hours', 'set', '--org', 'lawyers', '--zone', 'UTC', '--week', '1-5 18:00-09:00')).err).toContain('the end after the beginning');
    expect((await rota('quiet', 'set', '--person', lawyer, '--zone', 'UTC', '--hours', '22:00-22:00')).err).toContain('hours like "22:00-07:00"');
    expect((await rota('quiet', 'set', '--person', 'ab'.repeat(16), '--zone', 'UTC', '--hours', '22:00-07:00')).err).toContain('the roster does not name');
    expect((await rota('hours', 'set', '--org', 'nobody', '--zone', 'UTC', '--week', '1-5 09:00-18:00')).err).toContain('the roster has nobody of "nobody"; it has');
    const bad = join(folder, 'bad.ics');
    writeFileSync(bad, ['BEGIN:VCALENDAR', 'BEGIN:VEVENT', 'UID:a', 'SUMMARY:Half a day', 'DTSTART:20260501T090000Z', 'DTEND:20260501T130000Z', 'END:VEVENT', 'END:VCALENDAR', ''].join('\r\n'));
    expect((await rota('holiday', 'import', bad, '--all', '--zone', 'UTC')).err).toContain('bad.ics: Half a day: allowed is DTSTART of a whole day (VALUE=DATE); found 20260501T090000Z');
    expect(await rota('holiday', 'import', bad, '--zone', 'UTC')).toMatchObject({ code: 2, err: expect.stringContaining('--org or --all, exactly one') });
    writeFileSync(bad, 'days off: all');
    expect((await rota('holiday', 'import', bad, '--all', '--zone', 'UTC')).err).toContain('calendar: allowed is one calendar of RFC 5545');
  });
});
