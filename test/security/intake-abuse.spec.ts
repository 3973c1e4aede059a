import { createConnection } from 'node:net';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { encodeSubmission, ENVELOPE_KINDS, sealEnvelope, toBase64url, utf8, type SubmissionHeader } from '@jardam/protocol';
import { testApp, type TestApp } from '../support/app.js';
import { testDatabase } from '../support/database.js';
import { DatabaseLine } from '../support/database-line.js';
import { nextRoster } from '../support/coalition.js';
import { Defender, type Reply } from '../support/defender.js';
import { sealAlert, type SealedAlert } from '../support/sealed-alert.js';
import { demoCoalition, type StoredCoalition } from '../support/stored-coalition.js';
import { RosterStore } from '../../src/roster/roster-store.js';

describe('what the intake refuses', () => {
  let app: TestApp;
  let coalition: StoredCoalition;
  let defender: Defender;

  beforeAll(async () => {
    app = await testApp({ config: { instance: { roles: ['http'] } } });
    coalition = await demoCoalition(app.database);
    defender = new Defender(app.url);
  });
  afterAll(async () => {
    await app.stop();
  });

  const stored = async (): Promise<number> => (await app.database.query<{ n: number }>('SELECT count(*) AS n FROM alert')).rows[0]?.n ?? 0;
  const withHeader = (alert: SealedAlert, header: Partial<SubmissionHeader> | Record<string, unknown>): Uint8Array =>
    encodeSubmission({ ...alert.header, ...header }, alert.envelope.bytes);
  const changed = (alert: SealedAlert, at: number, to?: number): Uint8Array => {
    const bytes = alert.envelope.bytes.slice();
    bytes[at] = to ?? (bytes[at] ?? 0) ^ 1;
    return encodeSubmission(alert.header, bytes);
  };

  /** Refused with this answer, in the form of RFC 9457, with nothing stored and nothing of the message repeated. */
  async function refuses(submission: Uint8Array, status: number, code: string): Promise<Reply> {
    const before = await stored();
    const reply = await defender.send(submission);
    expect([reply.status, reply.json['code']]).toEqual([status, code]);
    expect(reply.headers.get('content-type')).toContain('application/problem+json');
    expect(reply.json).toMatchObject({ type: `urn:jardam:problem:${code}`, title: expect.any(String), status });
    expect(await stored()).toBe(before);
    return reply;
  }

  describe('by shape, before any cryptography', () => {
    it('another magic, suite, kind, flags or reserved bytes', async () => {
      const alert = sealAlert(coalition);
      await refuses(changed(alert, 0), 400, 'bad-magic');
      await refuses(changed(alert, 4), 400, 'bad-suite');
      await refuses(changed(alert, 5, 99), 400, 'bad-kind');
      await refuses(changed(alert, 6), 400, 'bad-flags');
      await refuses(changed(alert, 138), 400, 'bad-reserved');
    });

    it('a number of slots that padding does not make, or a payload length that it does not', async () => {
      const alert = sealAlert(coalition);
      await refuses(changed(alert, 137, 5), 400, 'bad-slot-count');
      await refuses(changed(alert, 143), 400, 'bad-payload-length');
    });

    it('a message that was cut short at any place, or has something behind its end', async () => {
      const alert = sealAlert(coalition, { gated: [] });
      const whole = alert.submission;
      for (const length of [0, 3, 4, 50, whole.length - alert.envelope.bytes.length, whole.length - 2_000, whole.length - 1]) {
        const reply = await defender.send(whole.slice(0, length));
        expect(reply.status).toBe(400);
      }
      await refuses(Uint8Array.of(...whole, 0), 400, 'trailing-bytes');
      expect((await defender.send(whole)).status).toBe(201);
    });

    it('a body over the limit, with the limit named', async () => {
      const reply = await refuses(new Uint8Array(600 * 1024), 413, 'too-large');
      expect(reply.json['limitBytes']).toBe(512 * 1024);
    });

    it('a header that is too long, no JSON, or has a field of the wrong form, which is named', async () => {
      const alert = sealAlert(coalition);
      const rawHeader = (json: Uint8Array): Uint8Array => {
        const length = new Uint8Array(4);
        new DataView(length.buffer).setUint32(0, json.length);
        return Uint8Array.of(...length, ...json, ...alert.envelope.bytes);
      };
      await refuses(rawHeader(new Uint8Array(9000)), 413, 'header-too-long');
      expect((await refuses(rawHeader(utf8('{not json')), 400, 'bad-header')).json['field']).toBe('$');
      expect((await refuses(rawHeader(Uint8Array.of(0xff, 0xfe)), 400, 'bad-header')).json['field']).toBe('$');
      for (const [header, field] of [
        [{ severity: 'S9' }, '$.severity'],
        [{ tiers: [0] }, '$.tiers'],
        [{ tiers: 'all' }, '$.tiers'],
        [{ mailbox: 'short' }, '$.mailbox'],
        [{ policy: { id: 'x', sha256: 'zz' } }, '$.policy.sha256'],
        [{ release: { '4': 'short' } }, '$.release.4'],
        [{ v: 2 }, '$.v'],
      ] as const) {
        const reply = await refuses(withHeader(alert, header), 400, 'bad-header');
        expect(reply.json['field']).toContain(field);
      }
    });

    it('anything but a first report', async () => {
      const alert = sealAlert(coalition);
      const other = (change: { kind?: 3 | 4; seq?: number; prevHash?: Uint8Array }): Uint8Array =>
        encodeSubmission(
          { ...alert.header, release: {} },
          sealEnvelope(coalition.p, {
            kind: ENVELOPE_KINDS.report,
            alertId: alert.alertId,
            seq: 0,
            prevHash: new Uint8Array(32),
            rosterVersion: 1,
            rosterHash: coalition.roster.hash,
            senderSeed: alert.sender.signSeed,
            recipients: alert.recipients,
            gates: [],
            data: utf8('{}'),
            ...change,
          }).bytes,
        );
      await refuses(other({ kind: 3 }), 400, 'not-a-report');
      await refuses(other({ seq: 1 }), 400, 'not-a-first-message');
      await refuses(other({ prevHash: coalition.p.randomBytes(32) }), 400, 'not-a-first-message');
    });

    it('a body of another type, without reading it', async () => {
      const { submission } = sealAlert(coalition);
      for (const type of ['application/octet-stream', 'text/plain', 'multipart/form-data; boundary=x', 'application/x-www-form-urlencoded']) {
        expect((await defender.ask('POST', '/alerts', { body: submission, type })).status).toBe(415);
      }
    });
  });

  describe('by what is known here', () => {
    it('a roster that was never published, by number or by hash', async () => {
      const stranger = { ...coalition, roster: nextRoster(coalition, () => ({})) };
      await refuses(sealAlert(stranger).submission, 422, 'unknown-roster');
      const forged = { ...coalition, roster: { ...coalition.roster, hash: coalition.p.randomBytes(32) } };
      await refuses(sealAlert(forged).submission, 422, 'unknown-roster');
    });

    it('a policy that was never published, or a tier that it does not have', async () => {
      const alert = sealAlert(coalition);
      await refuses(withHeader(alert, { policy: { id: 'other', sha256: alert.header.policy.sha256 } }), 422, 'unknown-policy');
      await refuses(withHeader(alert, { policy: { ...alert.header.policy, sha256: 'ab'.repeat(32) } }), 422, 'unknown-policy');
      await refuses(withHeader(alert, { tiers: [...alert.header.tiers, 77] }), 422, 'tier-not-in-policy');
    });

    it('a message that is sealed to a tier its header leaves out: that would be a consent nobody gave', async () => {
      const alert = sealAlert(coalition);
      await refuses(withHeader(alert, { tiers: alert.header.tiers.filter((tier) => tier !== 5) }), 422, 'bad-tiers');
    });
  });

  describe('by signature and gates', () => {
    it('every part of the envelope, changed by one bit', async () => {
      const alert = sealAlert(coalition);
      const { length } = alert.envelope.bytes;
      // alert id, sender key, a gate's commitment, ciphertext and box of a stanza, mac, payload, signature
      for (const at of [10, 120, 150, 400, 1_370, length - 64 - 4112 - 10, length - 1_000, length - 3]) {
        await refuses(changed(alert, at), 422, 'bad-signature');
      }
    });

    it('a release key that is missing, another one, of another tier, or for a tier without a gate', async () => {
      const alert = sealAlert(coalition);
      const { '4': four, '5': five } = alert.header.release;
      if (four === undefined || five === undefined) throw new Error('the alert has no gates');
      const random = toBase64url(coalition.p.randomBytes(32));
      for (const release of [{}, { '4': four }, { '4': four, '5': random }, { '4': five, '5': four }, { '4': four, '5': five, '1': random }]) {
        await refuses(withHeader(alert, { release }), 422, 'bad-gate');
      }
      expect((await defender.send(alert.submission)).status).toBe(201);
    });
  });

  describe('as not new', () => {
    it('another first message of the same sender, or another sender’s under the same id', async () => {
      const alert = sealAlert(coalition);
      await defender.send(alert.submission);
      const under = (senderSeed: Uint8Array): Uint8Array =>
        encodeSubmission(
          { ...alert.header, release: {}, mailbox: toBase64url(coalition.p.randomBytes(32)) },
          sealEnvelope(coalition.p, {
            kind: ENVELOPE_KINDS.report,
            alertId: alert.alertId,
            seq: 0,
            prevHash: new Uint8Array(32),
            rosterVersion: 1,
            rosterHash: coalition.roster.hash,
            senderSeed,
            recipients: alert.recipients,
            gates: [],
            data: utf8('{}'),
          }).bytes,
        );
      await refuses(under(alert.sender.signSeed), 409, 'sequence-conflict');
      await refuses(under(coalition.p.randomBytes(32)), 409, 'alert-exists');
    });

    it('a mailbox that belongs to another alert', async () => {
      const [first, second] = [sealAlert(coalition), sealAlert(coalition)];
      await defender.send(first.submission);
      await refuses(withHeader(second, { mailbox: first.header.mailbox }), 409, 'mailbox-taken');
    });
  });

  it('a roster replaced long ago is refused for ordinary reports, and never for S1', async () => {
    const own = await testApp({ config: { instance: { roles: ['http'] } } });
    const old = await demoCoalition(own.database);
    const page = new Defender(own.url);
    const next = nextRoster(old, () => ({}));
    await own.database.transaction((tx) => own.service.app.get(RosterStore, { strict: false }).publish(tx, 1, next.signed));
    const send = async (severity: 'S1' | 'S2'): Promise<unknown[]> => {
      const { status, json } = await page.send(sealAlert(old, { severity }).submission);
      return [status, json['code']];
    };
    // A message may have waited on a phone without signal.
    expect(await send('S2')).toEqual([201, undefined]);
    await movePublication(own.databaseUrl, next.body.version, '7 days 1 minute');
    expect(await send('S2')).toEqual([422, 'stale-roster']);
    expect(await send('S1')).toEqual([201, undefined]);
    await own.stop();
  });

  it('repeats nothing of what it refuses, neither in the answer nor in its log', async () => {
    const canary = 'KANAREIKA-41';
    const alert = sealAlert(coalition);
    const answers = await Promise.all([
      defender.send(withHeader(alert, { policy: { id: canary, sha256: 'ab'.repeat(32) } })),
      defender.send(withHeader(alert, { severity: canary })),
      defender.send(utf8(canary.repeat(100))),
      defender.ask('GET', `/mailbox/messages/${canary}`, { token: utf8(canary) }),
      defender.ask('PUT', `/alerts/${canary}/objects/${canary}`, { body: { [canary]: canary } }),
      defender.ask('POST', `/alerts/${alert.alertIdHex}/messages`, { body: utf8(canary) }),
      defender.ask('GET', `/receipts/${canary}?q=${canary}`),
    ]);
    for (const { status, bytes } of answers) {
      expect(status).toBeGreaterThanOrEqual(400);
      expect(status).toBeLessThan(500);
      expect(bytes.toString()).not.toContain(canary);
    }
    expect(app.log.join('\n')).not.toContain(canary);
  });

  it('survives rubbish: a thousand random bodies are all refused, and the next person gets through', async () => {
    const { p } = coalition;
    const valid = sealAlert(coalition);
    for (let n = 0; n < 1000; n += 50) {
      const replies = await Promise.all(
        Array.from({ length: 50 }, (_, m) => {
          const bytes = m % 2 === 0 ? p.randomBytes((n + m) % 700) : valid.submission.slice();
          if (m % 2 === 1) for (let flips = 0; flips < 3; flips++) bytes[(p.randomBytes(1)[0] ?? 0) * 80 + (p.randomBytes(1)[0] ?? 0)] = p.randomBytes(1)[0] ?? 0;
          return defender.send(bytes);
        }),
      );
      for (const { status } of replies) expect([200, 201, 400, 409, 413, 422, 429]).toContain(status);
    }
    expect((await defender.send(sealAlert(coalition).submission)).status).toBe(201);
  }, 60_000);

  it('a connection that hangs up in the middle of a report leaves nothing', async () => {
    const before = await stored();
    const { submission } = sealAlert(coalition);
    const { port } = new URL(app.url);
    await new Promise<void>((resolve) => {
      const socket = createConnection(Number(port), '127.0.0.1', () => {
        socket.write(`POST /api/v1/alerts HTTP/1.1\r\nhost: x\r\ncontent-type: application/vnd.jardam.submission\r\ncontent-length: ${submission.length}\r\n\r\n`);
        socket.write(submission.subarray(0, 10_000), () => setTimeout(() => socket.destroy(), 50));
      });
      socket.on('close', () => resolve());
    });
    expect(await stored()).toBe(before);
  });
});

describe('the database is away', () => {
  it('nobody is told "received"; the same bytes are accepted once it is back', async () => {
    const test = await testDatabase();
    const line = await DatabaseLine.to(test.url);
    const app = await testApp({ databaseUrl: test.url, config: { instance: { roles: ['http'] }, database: { url: line.url } } });
    try {
      const coalition = await demoCoalition(test.database);
      const defender = new Defender(app.url);
      expect((await defender.send(sealAlert(coalition).submission)).status).toBe(201);
      const alert = sealAlert(coalition);
      await line.cut();
      for (const reply of await Promise.all(Array.from({ length: 5 }, () => defender.send(alert.submission)))) {
        expect(reply).toMatchObject({ status: 503, json: { code: 'database-down' } });
        expect(Number(reply.headers.get('retry-after'))).toBeGreaterThan(0);
      }
      expect((await defender.ask('GET', '/mailbox', { token: alert.sender.mailboxToken })).status).toBe(503);
      await line.restore();
      expect((await defender.send(alert.submission)).status).toBe(201);
      expect((await defender.send(alert.submission)).status).toBe(200);
      expect((await defender.mailbox(alert)).status).toBe(200);
    } finally {
      await line.restore();
      await app.stop();
      await line.cut();
      await test.drop();
    }
  }, 60_000);
});

/** Lets time pass since a roster was published. Only the owner of the database can: the table is append-only. */
async function movePublication(url: string, version: number, by: string): Promise<void> {
  const owner = new pg.Client({ connectionString: url });
  await owner.connect();
  await owner.query('ALTER TABLE roster_version DISABLE TRIGGER USER');
  await owner.query('UPDATE roster_version SET published_at = now() - $2::interval WHERE version = $1', [version, by]);
  await owner.query('ALTER TABLE roster_version ENABLE TRIGGER USER');
  await owner.query(`SELECT pg_notify('jardam_roster', '')`);
  await owner.end();
  await new Promise((resolve) => setTimeout(resolve, 200)); // until the service has heard
}
