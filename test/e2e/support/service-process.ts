import { spawn, type ChildProcess } from 'node:child_process';
import { randomInt } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

const startTimeoutMs = 30_000;
const program = resolve(import.meta.dirname, '../../../dist/src/main.js');

export interface ServiceProcess {
  readonly url: string;
  readonly pid: number;
  /** Everything it wrote to its log. */
  readonly log: readonly string[];
  /** How it ended by itself or by a signal; null while it runs. */
  exited(): string | null;
  /** SIGKILL, and waits until it is gone. */
  kill(): Promise<void>;
  /** SIGTERM; resolves with the exit code. */
  end(): Promise<number | null>;
}

/** The built program as a process of its own, as an operator runs it. Resolves when it is ready for alerts. */
export async function startServiceProcess(environment: Readonly<Record<string, string>>, port?: number): Promise<ServiceProcess> {
  const onPort = port ?? (await freePort());
  const url = `http://127.0.0.1:${onPort}`;
  const child = spawn(process.execPath, [program], {
    env: { PATH: process.env.PATH ?? '', JARDAM_HTTP_HOST: '127.0.0.1', JARDAM_HTTP_PORT: String(onPort), ...environment },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const log: string[] = [];
  for (const stream of [child.stdout, child.stderr]) stream.setEncoding('utf8').on('data', (text: string) => log.push(text));
  try {
    await untilReady(url, child, () => log.join('').includes(`listening on port ${onPort}`));
  } catch (error) {
    child.kill('SIGKILL');
    throw new Error(`the service did not become ready: ${String(error)}\n${log.join('')}`, { cause: error });
  }
  return {
    url,
    pid: child.pid as number,
    log,
    exited: () => (child.exitCode === null && child.signalCode === null ? null : `code ${child.exitCode}, signal ${child.signalCode}`),
    kill: async () => {
      await stopped(child, 'SIGKILL');
    },
    end: () => stopped(child, 'SIGTERM'),
  };
}

async function stopped(child: ChildProcess, signal: NodeJS.Signals): Promise<number | null> {
  if (child.exitCode !== null || child.signalCode !== null) return child.exitCode;
  const gone = once(child, 'exit');
  child.kill(signal);
  await gone;
  return child.exitCode;
}

/** @param listens whether it has its port; until then whoever answers there is somebody else, whose good health says nothing */
async function untilReady(url: string, child: ChildProcess, listens: () => boolean): Promise<void> {
  const deadline = Date.now() + startTimeoutMs;
  while (Date.now() < deadline) {
    if (child.exitCode !== null) throw new Error(`it ended with code ${child.exitCode}`);
    if (listens() && (await fetch(`${url}/health/ready`).catch(() => null))?.ok) return;
    await sleep(100);
  }
  throw new Error(`not ready after ${startTimeoutMs} ms`);
}

/**
 * A loopback port that was free a moment ago, and stays so for a program that is started on it, killed and started again:
 * it lies below those that Linux (32768 to 60999) and others (from 49152, RFC 6335) give to connections and to listeners
 * that name none, so only another caller of this could take it. From 12000 on, because browsers refuse 10080 and some below.
 */
export async function freePort(): Promise<number> {
  for (;;) {
    const port = randomInt(12_000, 32_768);
    const probe = createServer().listen(port, '127.0.0.1');
    try {
      await once(probe, 'listening');
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EADDRINUSE') throw error;
      continue;
    }
    probe.close();
    await once(probe, 'close');
    return port;
  }
}
