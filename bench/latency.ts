import { setTimeout as sleep } from 'node:timers/promises';
import { startMailSink } from '../test/support/mail-sink.js';
import type { Ground } from './ground.js';
import type { Line } from './report.js';
import { median, quantile } from './statistics.js';
import { makeSubmissions } from './submissions.js';

const alerts = 200;
const perSecond = 20;
const patienceMs = 30_000;

/**
 * From the commit of an alert to the first byte that its mail server sees, at twenty alerts a second. The database's
 * received_at is the start of the accepting transaction, so the figure is a little too high rather than too low; both
 * clocks are this machine's.
 */
export async function latency(ground: Ground, log: (line: string) => void): Promise<Line[]> {
  const sink = await startMailSink();
  const service = await ground.serve({ mail: { host: '127.0.0.1', port: sink.port, security: 'none', from: 'notice@example.org' } });
  try {
    const bodies = makeSubmissions(ground.coalition, alerts);
    const posts: Promise<Response>[] = [];
    for (const body of bodies) {
      posts.push(
        fetch(`${service.url}/api/v1/alerts`, {
          method: 'POST',
          headers: { 'content-type': 'application/vnd.jardam.submission' },
          body: body.slice(),
        }),
      );
      await sleep(1_000 / perSecond);
    }
    for (const answer of await Promise.all(posts)) if (answer.status !== 201) throw new Error(`refused with ${answer.status}`);
    const deadline = Date.now() + patienceMs;
    while (sink.mails.length < alerts && Date.now() < deadline) await sleep(50);
    if (sink.mails.length < alerts) throw new Error(`${sink.mails.length} of ${alerts} mails arrived`);
    log(`latency: ${sink.mails.length} mails`);

    const { rows } = await ground.database.query<{ delivery_id: string; received_at: Date }>(
      `SELECT delivery_id, received_at FROM delivery JOIN alert USING (coalition_id, alert_id)`,
    );
    const receivedAt = new Map(rows.map((row) => [row.delivery_id, row.received_at.getTime()]));
    const connectedAt = new Map(sink.log.filter(({ what }) => what === 'connect').map(({ session, at }) => [session, at]));
    const times = sink.log.flatMap(({ what, session, messageId }) => {
      const delivery = [...receivedAt.keys()].find((id) => messageId?.includes(id) ?? false);
      const [from, to] = [receivedAt.get(delivery ?? ''), connectedAt.get(session)];
      return what === 'data' && from !== undefined && to !== undefined ? [to - from] : [];
    });
    if (times.length < alerts) throw new Error('not every mail could be matched with its alert');
    return [
      { what: 'commit to first byte at the mail server, p50', figure: median(times), unit: 'ms', target: '≤ 10 ms', met: median(times) <= 10 },
      {
        what: 'commit to first byte at the mail server, p99',
        figure: quantile(times, 0.99),
        unit: 'ms',
        target: '≤ 100 ms',
        met: quantile(times, 0.99) <= 100,
        note: `${alerts} alerts, ${perSecond} a second; service, client and mail server in one process`,
      },
    ];
  } finally {
    await service.stop();
    await sink.stop();
  }
}
