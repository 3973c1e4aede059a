import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { fromBase64url, toBase64url } from '@jardam/protocol';
import { ContactBook } from '../../src/roster/contact-book.js';
import { testApp, type TestApp } from '../support/app.js';
import { answerChallenge, nextRoster } from '../support/coalition.js';
import { request, signIn, trySignIn, type Answer, type DeskClient } from '../support/desk-client.js';
import { demoCoalition, publishRoster, type StoredCoalition } from '../support/stored-coalition.js';

describe('signing in to the desk', () => {
  let app: TestApp;
  let coalition: StoredCoalition;

  beforeAll(async () => {
    app = await testApp();
    coalition = await demoCoalition(app.database, { contacts: app.service.app.get(ContactBook) });
  });
  afterAll(async () => app.stop());

  const challengeFor = async (rid: string): Promise<Uint8Array> => {
    const answer = await request(app.url, 'POST', '/desk/challenges', { json: { rid } });
    expect(answer.status).toBe(200);
    const challenge = fromBase64url(answer.json<{ challenge: string }>().challenge, 32);
    if (challenge === null) throw new Error('not 32 bytes');
    return challenge;
  };
  const openSession = (rid: string, challenge: Uint8Array, signature: Uint8Array): Promise<Answer> =>
    request(app.url, 'POST', '/desk/sessions', {
      json: { rid, challenge: toBase64url(challenge), signature: toBase64url(signature) },
    });

  it('is a signature over a challenge; the answer says who one is', async () => {
    const { osh } = coalition.people;
    const answer = await trySignIn(app.url, coalition, osh);
    expect(answer.status).toBe(201);
    const session = answer.json<{ token: string; expiresAt: string }>();
    expect(session).toMatchObject({ rid: osh.ridHex, org: 'partner-osh', role: 'officer', tiers: [1], status: 'active' });
    expect(fromBase64url(session.token, 32)).not.toBeNull();
    const hours = (Date.parse(session.expiresAt) - Date.now()) / 3_600_000;
    expect(hours).toBeGreaterThan(11.9);
    expect(hours).toBeLessThan(12.1);
  });

  it('says the same to an unknown id, a wrong signature, a challenge of somebody else, and a challenge used before', async () => {
    const { osh, lawyer } = coalition.people;
    const nobody = 'ab'.repeat(16);
    const refusals: Answer[] = [];

    const forNobody = await challengeFor(nobody);
    refusals.push(await openSession(nobody, forNobody, answerChallenge(coalition, osh, forNobody)));
    const forOsh = await challengeFor(osh.ridHex);
    refusals.push(await openSession(osh.ridHex, forOsh, answerChallenge(coalition, lawyer, forOsh)));
    // That attempt has used the challenge up, so the true signature comes too late.
    refusals.push(await openSession(osh.ridHex, forOsh, answerChallenge(coalition, osh, forOsh)));
    const forLawyer = await challengeFor(lawyer.ridHex);
    refusals.push(await openSession(osh.ridHex, forLawyer, answerChallenge(coalition, osh, forLawyer)));
    const invented = coalition.p.randomBytes(32);
    refusals.push(await openSession(osh.ridHex, invented, answerChallenge(coalition, osh, invented)));

    for (const refusal of refusals) {
      expect(refusal.status).toBe(401);
      expect(refusal.json()).toEqual(refusals[0]?.json());
    }
    expect(refusals[0]?.json()).toMatchObject({ code: 'sign-in-refused' });
  });

  it('takes a challenge for two minutes only', async () => {
    const { osh } = coalition.people;
    const challenge = await challengeFor(osh.ridHex);
    const left = await app.database.query<{ ms: number }>(
      `SELECT (extract(epoch FROM expires_at - now()) * 1000)::int AS ms FROM desk_challenge WHERE challenge = $1`,
      [Buffer.from(challenge)],
    );
    expect(left.rows[0]?.ms).toBeGreaterThan(110_000);
    expect(left.rows[0]?.ms).toBeLessThanOrEqual(120_000);
    await app.database.query(`UPDATE desk_challenge SET expires_at = now() - interval '1 second' WHERE challenge = $1`, [Buffer.from(challenge)]);
    expect((await openSession(osh.ridHex, challenge, answerChallenge(coalition, osh, challenge))).status).toBe(401);
  });

  it('does not take a signature that was made for another instance', async () => {
    const { osh } = coalition.people;
    const challenge = await challengeFor(osh.ridHex);
    const elsewhere = { ...coalition, instanceId: coalition.p.randomBytes(32) };
    expect((await openSession(osh.ridHex, challenge, answerChallenge(elsewhere, osh, challenge))).status).toBe(401);
  });

  it('lets a person on probation in, and shows them nothing but that', async () => {
    const newcomer = await signIn(app.url, coalition, coalition.people.newcomer);
    expect((await newcomer.get('/desk/sessions/current')).json()).toMatchObject({ status: 'probation', tiers: [] });
    for (const path of ['/desk/alerts', `/desk/alerts/${'00'.repeat(16)}`, '/desk/stream', '/desk/responders']) {
      const answer = await newcomer.get(path);
      expect([answer.status, answer.json().code]).toEqual([403, 'on-probation']);
    }
  });

  it('keeps a hash of the token only', async () => {
    const { token } = await signIn(app.url, coalition, coalition.people.lawyer);
    const { rows } = await app.database.query<{ row: string }>(`SELECT s::text AS row FROM desk_session s`);
    expect(rows.length).toBeGreaterThan(0);
    for (const { row } of rows) {
      expect(row).not.toContain(token);
      expect(row).not.toContain(Buffer.from(token, 'base64url').toString('hex'));
    }
    expect(app.log.join('\n')).not.toContain(token);
  });

  it('asks for a session, and does not take a wrong one', async () => {
    for (const headers of [{ authorization: '' }, { authorization: 'Bearer wrong' }, { authorization: `Bearer ${toBase64url(coalition.p.randomBytes(32))}` }, { authorization: 'Basic abc' }]) {
      const answer = await request(app.url, 'GET', '/desk/alerts', { headers });
      expect([answer.status, answer.json().code]).toEqual([401, 'session-needed']);
    }
  });

  it('ends with signing out, on this machine or on all', async () => {
    const { coordinator } = coalition.people;
    const [here, there] = [await signIn(app.url, coalition, coordinator), await signIn(app.url, coalition, coordinator)];
    expect((await here.send('DELETE', '/desk/sessions/current')).status).toBe(204);
    expect((await here.get('/desk/alerts')).status).toBe(401);
    expect((await there.get('/desk/alerts')).status).toBe(200);
    const third = await signIn(app.url, coalition, coordinator);
    expect((await third.send('DELETE', '/desk/sessions')).status).toBe(204);
    expect((await there.get('/desk/alerts')).status).toBe(401);
    expect((await third.get('/desk/alerts')).status).toBe(401);
  });

  it('ends after half an hour without use, and after twelve hours whatever happens', async () => {
    const { abroad } = coalition.people;
    const idle = await signIn(app.url, coalition, abroad);
    const age = (set: string): Promise<unknown> => app.database.query(`UPDATE desk_session SET ${set} WHERE rid = $1`, [Buffer.from(abroad.rid)]);
    await age(`used_at = now() - interval '29 minutes'`);
    expect((await idle.get('/desk/alerts')).status).toBe(200); // and counts as used from now on
    await age(`used_at = used_at - interval '29 minutes'`);
    expect((await idle.get('/desk/alerts')).status).toBe(200);
    await age(`used_at = now() - interval '31 minutes'`);
    expect((await idle.get('/desk/alerts')).status).toBe(401);

    const old = await signIn(app.url, coalition, abroad);
    await age(`expires_at = now() - interval '1 second'`);
    expect((await old.get('/desk/alerts')).status).toBe(401);
  });

  it('keeps ten sessions of a person, the newest', async () => {
    const { euDeputy } = coalition.people;
    const status = async (client: DeskClient): Promise<number> => (await client.get('/desk/sessions/current')).status;
    const [oldest, second] = [await signIn(app.url, coalition, euDeputy), await signIn(app.url, coalition, euDeputy)];
    let newest = second;
    for (let i = 0; i < 9; i++) newest = await signIn(app.url, coalition, euDeputy);
    expect(await Promise.all([oldest, second, newest].map(status))).toEqual([401, 200, 200]);
  });

  it('ends for somebody whom the next roster revokes, in the same moment, and does not come back', async () => {
    const { lawyer } = coalition.people;
    const session = await signIn(app.url, coalition, lawyer);
    expect((await session.get('/desk/alerts')).status).toBe(200);
    const next = nextRoster(coalition, (body) => ({
      responders: body.responders.map((each) => (each.rid === lawyer.ridHex ? { ...each, status: 'revoked' as const } : each)),
    }));
    await app.database.transaction((tx) => publishRoster(tx, app.database, coalition, next));
    expect((await session.get('/desk/alerts')).status).toBe(401);
    expect((await trySignIn(app.url, coalition, lawyer)).status).toBe(401);
  });

  it('says what is wrong with a request that has not the right form, without repeating it', async () => {
    const answer = await request(app.url, 'POST', '/desk/challenges', { json: { rid: 'canary' } });
    expect(answer.status).toBe(400);
    expect(answer.json().errors).toEqual([{ field: 'rid', message: 'allowed is 32 hexadecimal digits' }]);
    expect(JSON.stringify(answer.json())).not.toContain('canary');
  });
});
