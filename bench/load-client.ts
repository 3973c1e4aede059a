import { readFileSync } from 'node:fs';
import { Agent, request } from 'node:http';

/** What one run of the client saw. */
export interface LoadResult {
  readonly accepted: number;
  readonly refused: number;
  readonly seconds: number;
}

/**
 * A process of its own that posts prepared submissions over a fixed number of kept-open connections, each sending its
 * next one when the answer to the last has come. Bounded by the number of submissions in the file.
 */
async function run(url: string, file: string, connections: number): Promise<LoadResult> {
  const bodies = readBodies(readFileSync(file));
  const agent = new Agent({ keepAlive: true, maxSockets: connections });
  let next = 0;
  let accepted = 0;
  let refused = 0;
  const started = process.hrtime.bigint();
  const worker = async (): Promise<void> => {
    for (let at = next++; at < bodies.length; at = next++) {
      const status = await post(agent, url, bodies[at] as Buffer);
      if (status === 201) accepted++;
      else refused++;
    }
  };
  await Promise.all(Array.from({ length: connections }, worker));
  const seconds = Number(process.hrtime.bigint() - started) / 1e9;
  agent.destroy();
  return { accepted, refused, seconds };
}

function readBodies(all: Buffer): Buffer[] {
  const bodies: Buffer[] = [];
  for (let at = 0; at < all.length; ) {
    const length = all.readUInt32BE(at);
    bodies.push(all.subarray(at + 4, at + 4 + length));
    at += 4 + length;
  }
  return bodies;
}

function post(agent: Agent, url: string, body: Buffer): Promise<number> {
  return new Promise((resolve, reject) => {
    const sent = request(
      `${url}/api/v1/alerts`,
      {
        method: 'POST',
        agent,
        headers: { 'content-type': 'application/vnd.jardam.submission', 'content-length': body.length },
      },
      (answer) => {
        answer.resume();
        answer.once('end', () => resolve(answer.statusCode ?? 0));
      },
    );
    sent.once('error', reject);
    sent.end(body);
  });
}

const [url, file, connections] = process.argv.slice(2);
if (!url || !file || !connections) throw new Error('usage: load-client URL FILE CONNECTIONS');
process.stdout.write(JSON.stringify(await run(url, file, Number(connections))));
