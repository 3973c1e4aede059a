import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Ground } from './ground.js';

const program = fileURLToPath(new URL('../src/main.js', import.meta.url));
const startTimeoutMs = 30_000;

/** The built program as a process of its own that only rings and sends. */
export interface EngineProcess {
  /** SIGSTOP: it stands still as if its machine were frozen. */
  freeze(): void;
  thaw(): void;
  /** SIGKILL; resolves when the process is gone. */
  kill(): Promise<void>;
}

/** Starts one and waits until it has looked at the database for the first time. */
export async function startEngineProcess(ground: Ground, mailPort: number): Promise<EngineProcess> {
  const heartbeats = async (): Promise<number> => ((await ground.asOwner('SELECT count(*)::int AS n FROM engine_heartbeat')).rows[0] as { n: number }).n;
  const before = await heartbeats();
  const child = spawn(process.execPath, [program], {
    env: {
      PATH: process.env.PATH ?? '',
      DATABASE_URL: ground.databaseUrl,
      JARDAM_DATA_DIR: ground.directory,
      JARDAM_ROLES: 'engine',
      JARDAM_HTTP_PORT: '0',
      JARDAM_MAIL_HOST: '127.0.0.1',
      JARDAM_MAIL_PORT: String(mailPort),
      JARDAM_MAIL_SECURITY: 'none',
      JARDAM_MAIL_FROM: 'notice@example.org',
    },
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  let errors = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => (errors += text));
  const deadline = Date.now() + startTimeoutMs;
  while ((await heartbeats()) === before) {
    if (child.exitCode !== null || Date.now() > deadline) {
      child.kill('SIGKILL');
      throw new Error(`an engine did not start:\n${errors}`);
    }
    await sleep(50);
  }
  return {
    freeze: () => void child.kill('SIGSTOP'),
    thaw: () => void child.kill('SIGCONT'),
    kill: async () => {
      if (child.exitCode !== null || child.signalCode !== null) return;
      const gone = once(child, 'exit');
      child.kill('SIGKILL');
      await gone;
    },
  };
}
