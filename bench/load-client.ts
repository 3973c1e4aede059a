import { readFileSync } from 'node:fs';
import { connect } from 'node:net';

/** What one run of the client saw. */
export interface LoadResult {
  readonly accepted: number;
  readonly refused: number;
  readonly seconds: number;
}

/**
 * A process of its own that posts prepared submissions over a fixed number of kept-open connections, each sending its
 * next one when the answer to the last has come. Bounded by the number of submissions in the file.
 *
 * Plain sockets, as load generators have them: Node's HTTP client took a sixth of the two cores away from what is
 * measured.
 */
async function run(url: string, file: string, connections: number): Promise<LoadResult> {
  const bodies = readBodies(readFileSync(file));
  const { hostname, port, host } = new URL(url);
  let next = 0;
  let accepted = 0;
  let refused = 0;
  const worker = (): Promise<void> =>
    new Promise((resolve, reject) => {
      const socket = connect(Number(port), hostname).setNoDelay(true);
      let answer = '';
      const send = (): void => {
        const body = bodies[next++];
        if (body === undefined) {
          socket.destroy();
          return resolve();
        }
        socket.cork();
        socket.write(`POST /api/v1/alerts HTTP/1.1\r\nhost: ${host}\r\ncontent-type: application/vnd.jardam.submission\r\ncontent-length: ${body.length}\r\n\r\n`);
        socket.write(body);
        socket.uncork();
      };
      socket.on('error', reject);
      socket.on('connect', send);
      socket.on('data', (part) => {
        answer += part.toString('latin1');
        if (!isWhole(answer)) return;
        if (answer.startsWith('HTTP/1.1 201 ')) accepted++;
        else refused++;
        answer = '';
        send();
      });
    });
  const started = process.hrtime.bigint();
  await Promise.all(Array.from({ length: connections }, worker));
  const seconds = Number(process.hrtime.bigint() - started) / 1e9;
  return { accepted, refused, seconds };
}

/** The service tells the length of every answer. */
function isWhole(answer: string): boolean {
  const head = answer.indexOf('\r\n\r\n');
  const length = /^content-length: (\d+)/im.exec(answer.slice(0, Math.max(0, head)))?.[1];
  if (head >= 0 && length === undefined) throw new Error('an answer without a length');
  return head >= 0 && answer.length >= head + 4 + Number(length);
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

const [url, file, connections] = process.argv.slice(2);
if (!url || !file || !connections) throw new Error('usage: load-client URL FILE CONNECTIONS');
process.stdout.write(JSON.stringify(await run(url, file, Number(connections))));
