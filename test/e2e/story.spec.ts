import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { alertTag, openEnvelope, verifyEventChain, verifyStatement } from '@jardam/protocol';
import type { Browser, BrowserContext, Page } from 'playwright-core';
import { openBrowser } from '../support/browser.js';
import { TIER } from '../support/coalition.js';
import { DUTY_DESK_ADDRESS, OPERATOR_ADDRESS } from '../support/stored-coalition.js';
import { eventually } from './support/alerts.js';
import { findCanaries } from './support/canaries.js';
import { DefenderPage } from './support/defender-page.js';
import { DeskPage } from './support/desk-page.js';
import { said } from './support/locale.js';
import { startWorld, type World } from './support/world.js';

const stepMs = 6_000;

/** Words that occur nowhere but in what a defender or responder writes. */
const CANARY = {
  what: 'Алтын-балык-9341 was taken from the house',
  photo: 'GPS-Карга-5521',
  added: 'Көк-бөрү-7710 has been seen',
  reply: 'Ак-куу-4402 we are on our way',
  note: 'Жылан-6619 to the team',
};

describe('the story of an alert, in real browsers', () => {
  let world: World;
  let browser: Browser;
  let contexts: BrowserContext[] = [];
  const strangers: string[] = [];

  beforeAll(async () => {
    browser = await openBrowser();
  }, 120_000);
  afterAll(async () => {
    await browser.close();
  });
  beforeEach(async () => {
    world = await startWorld({ stepMs });
    strangers.length = 0;
  }, 60_000);
  afterEach(async () => {
    for (const context of contexts) await context.close();
    contexts = [];
    await world.stop();
    expect(strangers).toEqual([]);
  });

  /** A browser of its own, as every person has; notes every request that leaves our origin. */
  async function newPage(width = 360): Promise<Page> {
    const context = await browser.newContext({ viewport: { width, height: 800 }, locale: 'en-GB' });
    contexts.push(context);
    const page = await context.newPage();
    page.on('request', (request) => {
      if (!/^(blob|data|about):/.test(request.url()) && !request.url().startsWith(world.url)) strangers.push(new URL(request.url()).origin);
    });
    return page;
  }
  const defender = async (): Promise<DefenderPage> => new DefenderPage(await newPage(), world.url);
  const mailTo = (name: keyof World['coalition']['people'], timeoutMs = 60_000) =>
    world.mail.waitFor(({ to }) => to === world.coalition.people[name].email, timeoutMs);

  it('nobody answers until the EU Delegation does: opened, signed, answered, and the defender sees it', async () => {
    const { people, p, roster } = world.coalition;
    const hers = await defender();
    await hers.open();
    const photo = await hers.photoWithPlace(CANARY.photo);
    await hers.report({ what: CANARY.what, medical: 'Yes', eu: true, photo: { name: 'IMG_1.jpg', buffer: photo } });
    const words = await hers.takeWords();

    // Tier by tier, each in its time; without consent for partners abroad that tier hears nothing.
    const first = await mailTo('osh');
    const second = await mailTo('lawyer');
    const third = await mailTo('coordinator');
    const eu = await mailTo('euFocal');
    await mailTo('euDeputy');
    // By the database's clock: a busy machine may take its time over a mail.
    const { rows: turns } = await world.database.query<{ at: Date }>(`SELECT entered_at AS at FROM tier_entry WHERE outcome <> 'not_consented' ORDER BY entered_at`);
    for (const [n, steps] of [1, 1, 2].entries()) {
      const betweenMs = (turns[n + 1]?.at.getTime() ?? 0) - (turns[n]?.at.getTime() ?? 0);
      expect(betweenMs).toBeGreaterThanOrEqual(steps * stepMs - 500);
    }
    expect([first, second, third, eu].map(({ at }) => at)).toEqual([first, second, third, eu].map(({ at }) => at).sort((one, other) => one - other));
    expect(world.mail.mails.some(({ to }) => to === people.abroad.email)).toBe(false);
    expect(eu.parsed.text).toContain(`${world.url}/desk`);

    // The focal point follows her link, in a browser that has never been here.
    const desk = new DeskPage(await newPage(1280));
    await desk.signIn(world.personalLink('euFocal'));
    await desk.openAlert(/Алтын-балык/);
    await desk.page.getByText(CANARY.what).first().waitFor();
    await desk.page.getByRole('button', { name: 'Fetch and look' }).click();
    await desk.page.locator('canvas').waitFor();
    // It was cleaned before it was sealed, and the desk can tell.
    expect(await desk.page.getByText(said('desk.file.hidden-data')).count()).toBe(0);
    await desk.page.keyboard.press('Escape');
    await desk.take();
    await desk.write('To the sender', CANARY.reply);
    await desk.write('Note for the team', CANARY.note);

    // The defender, on another phone, with nothing but the words.
    const elsewhere = await defender();
    await elsewhere.comeBackWith(words);
    await elsewhere.page.getByText(CANARY.reply).waitFor();
    await elsewhere.page.getByText(/is acting|taking action/).first().waitFor();
    await elsewhere.addMessage(CANARY.added);
    await desk.page.getByText(CANARY.added).waitFor({ timeout: 45_000 });

    // Whoever acknowledged ended the ladder: no tier, no round, no duty desk after it.
    const { rows: acks } = await world.database.query<{ statement: Buffer; signature: Buffer; alert_id: Buffer; at: Date }>(
      `SELECT statement, signature, alert_id, at FROM ack`,
    );
    expect(acks).toHaveLength(1);
    const ack = acks[0] as (typeof acks)[number];
    await new Promise((resolve) => setTimeout(resolve, 2 * stepMs));
    expect(world.mail.mails.filter(({ to, at }) => [DUTY_DESK_ADDRESS, OPERATOR_ADDRESS].includes(to) && at > 0)).toEqual([]);

    // What is on record can be proved: her signature, and a chain of events without a gap.
    const checked = verifyStatement(
      p,
      { bytes: ack.statement, signature: ack.signature },
      { rid: people.euFocal.rid, signPk: people.euFocal.keys.signPk, tag: alertTag(p, ack.alert_id) },
    );
    expect(checked).toMatchObject({ statement: { type: 'ack', tier: TIER.T4 } });
    const { rows: events } = await world.database.query<{ body: Buffer; type: string }>(
      `SELECT body, type FROM event WHERE alert_id = $1 ORDER BY n`,
      [ack.alert_id],
    );
    expect(verifyEventChain(p, events.map(({ body }) => body))).not.toHaveProperty('refused');
    expect(events.map(({ type }) => type)).toEqual(expect.arrayContaining(['SUBMIT', 'ENTER', 'NOTIFY', 'NOT_CONSENTED', 'RELEASE', 'ACK']));
    expect(roster.body.version).toBe(1);

    // Nobody but those people could have read any of it.
    const scratch = 'Кызыл-түлкү-2208';
    await world.database.query(`INSERT INTO server_key (name, fingerprint) VALUES ($1, $2)`, [scratch, Buffer.alloc(32)]);
    expect(await findCanaries(world, [scratch])).not.toEqual([]);
    expect(await findCanaries(world, [...Object.values(CANARY), words.join(' '), words.slice(0, 3).join(' ')])).toEqual([]);
    const addresses = Object.values(people).map(({ email }) => email);
    const found = await findCanaries(world, addresses);
    expect(found.filter((place) => !place.includes('in a mail'))).toEqual([]);
  }, 240_000);

  it('a panic that nobody answers climbs the whole ladder to the duty desk, and the defender is told the truth', async () => {
    const hers = await defender();
    await hers.open();
    await hers.panic();
    for (const name of ['osh', 'oshReserve', 'lawyer', 'coordinator', 'abroad', 'euFocal', 'euDeputy'] as const) await mailTo(name);
    await world.mail.waitFor(({ to }) => to === DUTY_DESK_ADDRESS, 60_000);
    await world.mail.waitFor(({ to }) => to === OPERATOR_ADDRESS, 60_000);
    await hers.page.getByText(/[Nn]obody has answered/).first().waitFor({ timeout: 60_000 });
    await hers.page.getByText('+996 000 000 001').first().waitFor();
    // And round again: silence is never the end.
    const before = world.mail.mails.filter(({ to }) => to === world.coalition.people.osh.email).length;
    await eventually(
      () => Promise.resolve(world.mail.mails.filter(({ to }) => to === world.coalition.people.osh.email).length),
      (mails) => mails > before,
      60_000,
    );
  }, 240_000);

  it('without consent the EU is skipped, and could not read with the whole database in its hands', async () => {
    const { people, p } = world.coalition;
    const hers = await defender();
    await hers.open();
    await hers.panic({ eu: false });
    await world.mail.waitFor(({ to }) => to === DUTY_DESK_ADDRESS, 90_000);
    expect(world.mail.mails.filter(({ to }) => to === people.euFocal.email || to === people.euDeputy.email)).toEqual([]);
    await hers.page.getByText(/not asked|without your consent|did not agree|not told/i).first().waitFor();

    const { rows } = await world.database.query<{ sealed: Buffer }>('SELECT sealed FROM envelope');
    const { rows: entries } = await world.database.query<{ outcome: string }>('SELECT outcome FROM tier_entry WHERE tier = $1', [TIER.T4]);
    expect(entries).toEqual([{ outcome: 'not_consented' }]);
    const { rows: kept } = await world.database.query('SELECT 1 FROM release_key');
    expect(kept).toEqual([]);
    for (const { sealed } of rows) {
      for (const person of [people.euFocal, people.euDeputy]) {
        expect(() => openEnvelope(p, sealed, { kemSecretKeys: [person.keys.kem.secretKey] })).toThrow('not-a-recipient');
      }
    }
    expect(() => openEnvelope(p, (rows[0] as { sealed: Buffer }).sealed, { kemSecretKeys: [people.osh.keys.kem.secretKey] })).not.toThrow();
  }, 240_000);

  describe('an attacker on the server', () => {
    it('who changes one bit of a report is found out on the desk', async () => {
      const hers = await defender();
      await hers.open();
      await hers.panic();
      await world.database.query(`UPDATE envelope SET sealed = set_byte(sealed, 5000, get_byte(sealed, 5000) # 1)`);
      const desk = new DeskPage(await newPage(1280));
      await desk.signIn(world.personalLink('osh'));
      await desk.openAlert('Cannot be opened or trusted');
      await desk.page.getByText('This alert is not shown').waitFor();
      await desk.page.getByText(/changed on its way or on the server/).first().waitFor();
    }, 90_000);

    it('who puts a key of his own in the roster meets a desk that stays closed', async () => {
      const { signed } = world.coalition.roster;
      const body = JSON.parse(Buffer.from(signed.body, 'base64url').toString()) as { responders: { sig_pk: string }[] };
      for (const responder of body.responders) responder.sig_pk = Buffer.from(world.coalition.p.randomBytes(32)).toString('base64url');
      const page = await newPage(1280);
      await page.route('**/api/v1/roster', (route) =>
        route.fulfill({ json: { rosters: [{ ...signed, body: Buffer.from(JSON.stringify(body)).toString('base64url') }] } }),
      );
      const desk = new DeskPage(page);
      await desk.signIn(world.personalLink('osh'));
      await page.getByText('The desk stays closed').waitFor();
      await page.getByText('What to do').waitFor();
    }, 60_000);
  });
});
