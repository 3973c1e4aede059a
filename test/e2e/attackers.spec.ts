import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { encodeRoster, instanceIdOf, packRoster, rosterHash, signRoster, toBase64url, type RosterBody } from '@jardam/protocol';
import pg from 'pg';
import type { Browser, Page } from 'playwright-core';
import { openBrowser } from '../support/browser.js';
import { nextRoster } from '../support/coalition.js';
import { publishRoster } from '../support/stored-coalition.js';
import { DefenderPage } from './support/defender-page.js';
import { DeskPage } from './support/desk-page.js';
import { said } from './support/locale.js';
import { startWorld, type World } from './support/world.js';

// Whoever holds the server holds the database with all rights: may drop its guards, change every row, and make the
// service read it again. He does not hold the custodians' keys, nor what a browser has seen before.
describe('an attacker who holds the server and its database', () => {
  let world: World;
  let browser: Browser;
  let open: Page[] = [];

  beforeAll(async () => {
    browser = await openBrowser();
  }, 120_000);
  afterAll(async () => {
    await browser.close();
  });
  beforeEach(async () => {
    world = await startWorld({ stepMs: 60_000 });
  }, 60_000);
  afterEach(async () => {
    for (const page of open) await page.context().close();
    open = [];
    await world.stop();
  });

  async function newPage(width: number): Promise<Page> {
    const context = await browser.newContext({ viewport: { width, height: 800 }, locale: 'en-GB' });
    const page = await context.newPage();
    open.push(page);
    return page;
  }
  const newDefender = async (): Promise<DefenderPage> => new DefenderPage(await newPage(360), world.url);
  const newDesk = async (): Promise<DeskPage> => new DeskPage(await newPage(1280));

  /** Changes rows that the database guards, as its owner can, and has the service forget what it read before. */
  async function change(table: string, statement: string, values: readonly unknown[] = []): Promise<void> {
    const client = new pg.Client({ connectionString: world.databaseUrl });
    await client.connect();
    try {
      await client.query(`ALTER TABLE ${table} DISABLE TRIGGER USER`);
      const { rowCount } = await client.query(statement, [...values]);
      expect(rowCount).toBeGreaterThan(0);
      await client.query(`NOTIFY jardam_roster`);
    } finally {
      await client.end();
    }
  }
  /** A version whose focal point has the attacker's key, signed with a root key of his own. */
  function forged(body: RosterBody): { bytes: Uint8Array; hash: Uint8Array; signatures: string } {
    const { p, people } = world.coalition;
    const stolen = toBase64url(p.xwing.keypair(p.randomBytes(32)).publicKey);
    const bytes = encodeRoster({
      ...body,
      responders: body.responders.map((each) => (each.rid === people.euFocal.ridHex ? { ...each, kem_pk: stolen } : each)),
    });
    const { signatures } = packRoster(bytes, [signRoster(p, bytes, p.randomBytes(32))]);
    return { bytes, hash: rosterHash(p, bytes), signatures: JSON.stringify(signatures) };
  }

  async function defenderIsStopped({ page }: DefenderPage, reason: string): Promise<void> {
    await page.getByText(said('defender.list.refused-title')).waitFor();
    await page.getByText(said(reason)).waitFor();
    await page.getByText(said('defender.list.refused-do')).waitFor();
    expect(await page.getByRole('button', { name: /^Send alert/ }).count()).toBe(0);
    expect(await page.getByRole('button', { name: /Describe what happened/ }).count()).toBe(0);
  }
  async function deskStaysClosed({ page }: DeskPage, reason: string): Promise<void> {
    await page.getByRole('heading', { name: said('desk.refused.title') }).waitFor();
    await page.getByText(said(reason)).waitFor();
    await page.getByText(said('desk.refused.nothing-sent')).waitFor();
    await page.getByText(said('desk.refused.do-call')).waitFor();
    const { rows } = await world.database.query(`SELECT 1 FROM desk_session`);
    expect(rows).toEqual([]);
  }

  it('who adds a list signed by himself, with his key in place of the focal point’s, gets no alert and no sign-in', async () => {
    const { roster } = world.coalition;
    const { bytes, hash, signatures } = forged({ ...roster.body, version: 2, prev_hash: toBase64url(roster.hash) });
    await change(
      'roster_version',
      `INSERT INTO roster_version (coalition_id, version, hash, body, signatures) VALUES (1, 2, $1, $2, $3)`,
      [Buffer.from(hash), Buffer.from(bytes), signatures],
    );
    const defender = await newDefender();
    await defender.page.goto(`${world.url}/#en`);
    await defenderIsStopped(defender, 'defender.list.refused-tampered');
    const desk = await newDesk();
    await desk.signIn(world.personalLink('euFocal'));
    await deskStaysClosed(desk, 'desk.refused.tampered');
  }, 60_000);

  it('who changes a key in the first list, and the name of the coalition with it, is stopped by browsers old and new', async () => {
    const returning = await newDefender();
    await returning.open();
    const returningDesk = await newDesk();
    await returningDesk.page.goto(world.personalLink('euFocal'));
    await returningDesk.page.getByRole('heading', { name: said('desk.sign-in.title') }).waitFor();

    // The old signatures stay beside the new body; the instance id is made to fit.
    const { bytes, hash } = forged(world.coalition.roster.body);
    await change('roster_version', `UPDATE roster_version SET body = $1, hash = $2`, [Buffer.from(bytes), Buffer.from(hash)]);
    await change('coalition', `UPDATE coalition SET instance_id = $1`, [Buffer.from(instanceIdOf(world.coalition.p, bytes))]);

    await returning.page.reload();
    await defenderIsStopped(returning, 'defender.list.refused-server');
    const first = await newDefender();
    await first.page.goto(`${world.url}/#en`);
    await defenderIsStopped(first, 'defender.list.refused-tampered');
    await returningDesk.signIn(world.personalLink('euFocal'));
    await deskStaysClosed(returningDesk, 'desk.refused.wrong-instance');
    const firstDesk = await newDesk();
    await firstDesk.signIn(world.personalLink('euFocal'));
    await deskStaysClosed(firstDesk, 'desk.refused.tampered');
  }, 60_000);

  it('who puts back an older list, in which a revoked person still is, is stopped by browsers that saw the newer one', async () => {
    const { coalition, database } = world;
    const newer = nextRoster(coalition, ({ responders }) => ({
      responders: responders.map((each) => (each.rid === coalition.people.abroad.ridHex ? { ...each, status: 'revoked' as const } : each)),
    }));
    await database.transaction((tx) => publishRoster(tx, database, coalition, newer));
    const defender = await newDefender();
    await defender.open();
    const desk = await newDesk();
    await desk.signIn(world.personalLink('osh'));
    await desk.page.getByText(said('desk.queue.empty')).waitFor();
    await desk.page.getByRole('button', { name: said('desk.sign-out') }).click();
    await desk.page.getByRole('heading', { name: said('desk.link.title') }).waitFor();

    await change('roster_version', `DELETE FROM roster_version WHERE version = 2`);
    await defender.page.reload();
    await defenderIsStopped(defender, 'defender.list.refused-old');
    await desk.page.goto('about:blank');
    await desk.signIn(world.personalLink('osh'));
    await deskStaysClosed(desk, 'desk.refused.rolled-back');
  }, 60_000);

  it('who even had the custodians sign another key for somebody is found out by that person’s own desk', async () => {
    const { coalition, database } = world;
    const { p, people } = coalition;
    const desk = await newDesk();
    await desk.page.goto(world.personalLink('osh'));
    await desk.page.getByLabel(said('desk.sign-in.keep')).check();
    await desk.signIn(world.personalLink('osh'));
    await desk.page.getByText(said('desk.queue.empty')).waitFor();
    await desk.page.getByRole('button', { name: said('desk.lock') }).click();
    await desk.page.getByText(said('desk.sign-in.locked')).waitFor();
    await database.query('DELETE FROM desk_session');

    const seeds = [p.randomBytes(32), p.randomBytes(32)] as const;
    const swapped = { sig_pk: toBase64url(p.ed25519.keypair(seeds[0]).publicKey), kem_pk: toBase64url(p.xwing.keypair(seeds[1]).publicKey) };
    const signed = nextRoster(coalition, ({ responders }) => ({
      responders: responders.map((each) => (each.rid === people.osh.ridHex ? { ...each, ...swapped } : each)),
    }));
    await database.transaction((tx) => publishRoster(tx, database, coalition, signed));
    await desk.page.goto('about:blank');
    await desk.signIn(world.personalLink('osh'));
    await deskStaysClosed(desk, 'desk.refused.swapped-key');
  }, 60_000);

  it('who changes one bit of a report or of an answer shows neither: the desk and the defender are told instead', async () => {
    const defender = await newDefender();
    await defender.open();
    await defender.panic();
    const words = await defender.takeWords();
    await defender.page.goto('about:blank');
    const desk = await newDesk();
    await desk.signIn(world.personalLink('osh'));
    await desk.openAlert(said('desk.row.panic'));
    await desk.take();
    await desk.write('To the sender', 'Stay where you are.');

    // Near the end, in the sealed text: far from everything that the server itself reads.
    const flip = `UPDATE envelope SET sealed = set_byte(sealed, length(sealed) - 200, get_byte(sealed, length(sealed) - 200) # 1) WHERE kind = $1`;
    await change('envelope', flip, [4]);
    const elsewhere = await newDefender();
    await elsewhere.comeBackWith(words);
    await elsewhere.page.getByText(said('defender.reply.refused')).waitFor();
    expect(await elsewhere.page.getByText('Stay where you are.').count()).toBe(0);

    await change('envelope', flip, [1]);
    const another = await newDesk();
    await another.signIn(world.personalLink('osh'));
    await another.openAlert(said('desk.row.cannot-open'));
    await another.page.getByText(said('desk.open-refused.title')).waitFor();
    await another.page.getByText(said('desk.open-refused.bad-signature')).waitFor();
    await another.page.getByText(said('desk.open-refused.do')).waitFor();
  }, 90_000);
});
