import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { ContactBook } from '../../src/roster/contact-book.js';
import { testApp, type TestApp } from '../support/app.js';
import { nextRoster } from '../support/coalition.js';
import { signIn, submit, type DeskClient } from '../support/desk-client.js';
import { sealAlert, sealMessageAs } from '../support/sealed-alert.js';
import { demoCoalition, publishRoster, type StoredCoalition } from '../support/stored-coalition.js';

interface LiveStream {
  /** Everything that has come so far. */
  text(): string;
  /** Waits until `part` has come, and says after how many milliseconds. */
  until(part: string, withinMs?: number): Promise<number>;
  /** Waits for the end. */
  ended(withinMs: number): Promise<void>;
  readonly headers: Headers;
  close(): void;
}

describe('live updates on the desk', () => {
  let app: TestApp;
  let coalition: StoredCoalition;
  const open: LiveStream[] = [];
  // Instances that share a database share the key files.
  const dataDir = mkdtempSync(join(tmpdir(), 'jardam-desk-'));
  const config = { instance: { roles: ['http' as const], dataDir } };

  beforeAll(async () => {
    app = await testApp({ config });
    coalition = await demoCoalition(app.database, { contacts: app.service.app.get(ContactBook) });
  });
  afterAll(async () => {
    for (const stream of open) stream.close();
    await app.stop();
    rmSync(dataDir, { recursive: true });
  });

  const watch = async (client: DeskClient, origin = app.url): Promise<LiveStream> => {
    const abort = new AbortController();
    const response = await fetch(`${origin}/api/v1/desk/stream`, { headers: { authorization: `Bearer ${client.token}` }, signal: abort.signal });
    expect(response.status).toBe(200);
    let text = '';
    let over = false;
    const reading = (async () => {
      try {
        for await (const chunk of response.body ?? []) text += new TextDecoder().decode(chunk);
      } catch {
        // closed by the test
      }
      over = true;
    })();
    const waitFor = async (done: () => boolean, withinMs: number, what: string): Promise<number> => {
      const startedAt = performance.now();
      while (!done()) {
        if (performance.now() - startedAt > withinMs) throw new Error(`${what} did not come within ${withinMs} ms; so far: ${text}`);
        await new Promise((resolve) => setTimeout(resolve, 5));
      }
      return performance.now() - startedAt;
    };
    const stream: LiveStream = {
      headers: response.headers,
      text: () => text,
      until: (part, withinMs = 20_000) => waitFor(() => text.includes(part), withinMs, part),
      ended: async (withinMs) => {
        await waitFor(() => over, withinMs, 'the end');
        await reading;
      },
      close: () => abort.abort(),
    };
    open.push(stream);
    await stream.until('event: queue');
    return stream;
  };

  it('tell of a new alert, and of nothing to those whose turn has not come', async () => {
    const { people } = coalition;
    const osh = await watch(await signIn(app.url, coalition, people.osh));
    const euFocal = await watch(await signIn(app.url, coalition, people.euFocal));
    expect(osh.headers.get('content-type')).toBe('text/event-stream');
    expect(osh.headers.get('cache-control')).toBe('no-store');

    const alert = sealAlert(coalition);
    await submit(app.url, alert);
    await osh.until(`event: changed\ndata: {"alertId":"${alert.alertIdHex}"}`);
    await new Promise((resolve) => setTimeout(resolve, 2_500));
    expect(euFocal.text()).not.toContain(alert.alertIdHex);
  });

  it('tell of acts and messages of others, also on another instance, and lose nothing when no hint comes', async () => {
    const { people } = coalition;
    const other = await testApp({ config, databaseUrl: app.databaseUrl });
    try {
      const osh = await signIn(app.url, coalition, people.osh);
      const alert = sealAlert(coalition);
      await submit(app.url, alert);
      const here = await watch(osh);
      const there = await watch(await signIn(other.url, coalition, people.osh), other.url);

      const changed = `event: changed\ndata: {"alertId":"${alert.alertIdHex}"}`;
      const count = (stream: LiveStream): number => stream.text().split(changed).length - 1;
      await osh.act(alert, 'ack');
      await Promise.all([here.until(changed), there.until(changed)]);
      const before = count(there);
      await osh.send('POST', `/desk/alerts/${alert.alertIdHex}/messages`, { bytes: sealMessageAs(coalition, people.osh, alert, 5, 'note').bytes });
      await waitUntil(() => count(there) > before);

      // A change by SQL alone wakes nobody; the poll finds it.
      const quiet = count(there);
      await app.database.query(`UPDATE alert_timer SET due_at = due_at + interval '1 second' WHERE alert_id = $1`, [Buffer.from(alert.alertId)]);
      await waitUntil(() => count(there) > quiet);
    } finally {
      await other.stop();
    }
  });

  it('end with the session: by signing out, and by being revoked', async () => {
    const { people } = coalition;
    const coordinator = await signIn(app.url, coalition, people.coordinator);
    const leaving = await watch(coordinator);
    await coordinator.send('DELETE', '/desk/sessions/current');
    await leaving.ended(20_000);

    const revoked = await watch(await signIn(app.url, coalition, people.lawyer));
    const next = nextRoster(coalition, (body) => ({
      responders: body.responders.map((each) => (each.rid === people.lawyer.ridHex ? { ...each, status: 'revoked' as const } : each)),
    }));
    await app.database.transaction((tx) => publishRoster(tx, app.database, coalition, next));
    await revoked.ended(20_000);
  });

  it('ping, so that a page knows a dead line from a quiet one', async () => {
    const stream = await watch(await signIn(app.url, coalition, coalition.people.abroad));
    await stream.until('event: ping\ndata: {}', 40_000);
  });

  it('keep four streams of a session; an older one makes room', async () => {
    const client = await signIn(app.url, coalition, coalition.people.euDeputy);
    const first = await watch(client);
    for (let i = 0; i < 4; i++) await watch(client);
    await first.ended(20_000);
    expect(open.at(-1)?.text()).toContain('event: queue');
  });

  const waitUntil = async (done: () => boolean): Promise<void> => {
    for (const startedAt = performance.now(); !done(); ) {
      if (performance.now() - startedAt > 20_000) throw new Error('it did not happen within 20 s');
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
  };
});
