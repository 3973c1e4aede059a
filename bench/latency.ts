import { once } from 'node:events';
import { connect, createServer } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { startMailSink, type MailSink } from '../test/support/mail-sink.js';
import type { Ground } from './ground.js';
import { boundLine, type Limit, type Line } from './report.js';
import type { Scale } from './scale.js';
import { median, quantile } from './statistics.js';
import { makeSubmissions } from './submissions.js';

const perSecond = 20;
const patienceMs = 30_000;
const mostP50Ms = 10;
const mostP99Ms = 100;
const mostWithoutNotifyMs = 1_100;

/** The limit is so short that a few samples of it say more about the disk's mood than about the machine. */
const limitSamples = 5;

/**
 * From the commit of an alert to the first byte that its mail server sees, at twenty alerts a second. The database's
 * received_at is the start of the accepting transaction, so the figure is a little too high rather than too low; both
 * clocks are this machine's.
 *
 * Then the same between two services, one that takes alerts in and one that sends, where NOTIFY does not get through.
 */
export async function latency(ground: Ground, scale: Scale, log: (line: string) => void): Promise<Line[]> {
  const sink = await startMailSink();
  const mail = { host: '127.0.0.1', port: sink.port, security: 'none', from: 'notice@example.org' } as const;
  const bare: number[][] = [];
  const together: number[][] = [];
  const apart: number[][] = [];
  try {
    const service = await ground.serve({ mail });
    try {
      await post(ground, service.url, sink, scale.latencyAlerts); // warms everything up
      for (let round = 0; round < scale.rounds; round++) {
        bare.push(await commitAndConnect(ground, scale.latencyAlerts * limitSamples));
        together.push(await post(ground, service.url, sink, scale.latencyAlerts));
        log(`latency, round ${round + 1}: ${median(together.at(-1) as number[]).toFixed(1)} ms`);
      }
    } finally {
      await service.stop();
    }
    const intake = await ground.serve({ mail, instance: { roles: ['http'] } });
    const sender = await ground.serve({ mail, instance: { roles: ['engine'] } });
    // The function behind NOTIFY is taken away: the service's word to the others is lost, as on a broken connection.
    await ground.asOwner('REVOKE EXECUTE ON FUNCTION pg_notify(text, text) FROM PUBLIC');
    try {
      for (let round = 0; round < scale.rounds; round++) apart.push(await post(ground, intake.url, sink, scale.latencyAlerts));
    } finally {
      await ground.asOwner('GRANT EXECUTE ON FUNCTION pg_notify(text, text) TO PUBLIC');
      await intake.stop();
      await sender.stop();
    }
  } finally {
    await sink.stop();
  }
  const [all, lost] = [together.flat(), apart.flat()];
  const limit: Limit = { name: 'one durable commit and a TCP connection', figures: bare.map(median), unit: 'ms' };
  const note = `${all.length} alerts, ${perSecond} a second; service, client and mail server in one process`;
  return [
    boundLine('commit to first byte at the mail server, p50', median(all), 'ms', mostP50Ms, limit, note),
    boundLine('commit to first byte at the mail server, p99', quantile(all, 0.99), 'ms', mostP99Ms, limit),
    boundLine('commit to first byte with NOTIFY lost, worst', Math.max(...lost), 'ms', mostWithoutNotifyMs, limit,
      `p50 ${median(lost).toFixed(0)} ms of ${lost.length}; the poll is every 1,000 ms`),
  ];
}

/** Sends alerts at the named pace, waits for their mails, and returns the milliseconds of each. */
async function post(ground: Ground, url: string, sink: MailSink, alerts: number): Promise<number[]> {
  await ground.clear();
  const [mailsBefore, logBefore] = [sink.mails.length, sink.log.length];
  const posts: Promise<Response>[] = [];
  for (const body of makeSubmissions(ground.coalition, alerts)) {
    const headers = { 'content-type': 'application/vnd.jardam.submission' };
    posts.push(fetch(`${url}/api/v1/alerts`, { method: 'POST', headers, body: body.slice() }));
    await sleep(1_000 / perSecond);
  }
  for (const answer of await Promise.all(posts)) if (answer.status !== 201) throw new Error(`refused with ${answer.status}`);
  const deadline = Date.now() + patienceMs;
  while (sink.mails.length - mailsBefore < alerts && Date.now() < deadline) await sleep(50);
  if (sink.mails.length - mailsBefore < alerts) throw new Error(`${sink.mails.length - mailsBefore} of ${alerts} mails arrived`);

  const { rows } = await ground.database.query<{ delivery_id: string; received_at: Date }>(
    `SELECT delivery_id, received_at FROM delivery JOIN alert USING (coalition_id, alert_id)`,
  );
  const log = sink.log.slice(logBefore);
  const connectedAt = new Map(log.filter(({ what }) => what === 'connect').map(({ session, at }) => [session, at]));
  const times = rows.map(({ delivery_id, received_at }) => {
    const data = log.find(({ what, messageId }) => what === 'data' && messageId?.includes(delivery_id));
    const at = connectedAt.get(data?.session ?? '');
    if (at === undefined) throw new Error('a mail could not be matched with its alert');
    return at - received_at.getTime();
  });
  // Whatever the service still has to write about them must not meet the next round's empty tables.
  await settled(ground);
  return times;
}

async function settled(ground: Ground): Promise<void> {
  const deadline = Date.now() + patienceMs;
  for (;;) {
    const { rows } = await ground.asOwner(`SELECT count(*)::int AS open FROM delivery WHERE state NOT IN ('sent', 'delivered')`);
    if ((rows[0] as { open: number }).open === 0) return;
    if (Date.now() > deadline) throw new Error('messages that were accepted are not marked as sent');
    await sleep(20);
  }
}

/** The least that this path can cost: a row committed durably, then a connection that the other side sees. */
async function commitAndConnect(ground: Ground, count: number): Promise<number[]> {
  const server = createServer((socket) => socket.end());
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  await ground.asOwner('CREATE TABLE IF NOT EXISTS bench_commit (n int)');
  const times: number[] = [];
  try {
    for (let at = 0; at < count; at++) {
      const started = performance.now();
      await ground.asOwner('INSERT INTO bench_commit VALUES ($1)', [at]);
      const seen = once(server, 'connection');
      const socket = connect(address.port, '127.0.0.1');
      await seen;
      times.push(performance.now() - started);
      socket.destroy();
      await sleep(1_000 / perSecond);
    }
  } finally {
    server.close();
  }
  return times;
}
