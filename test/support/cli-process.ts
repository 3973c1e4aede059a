import { spawn, type ChildProcessByStdio } from 'node:child_process';
import type { Readable, Writable } from 'node:stream';
import { fileURLToPath } from 'node:url';

const MAIN = fileURLToPath(new URL('../../src/cli/main.ts', import.meta.url));
const REGISTER = new URL('./typescript-register.mjs', import.meta.url).href;

export interface CliRun {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface CliProcess {
  readonly child: ChildProcessByStdio<Writable, Readable, Readable>;
  readonly stdout: () => string;
  readonly stderr: () => string;
  /** Resolves when standard output has the text; rejects with everything said when the process ends before. */
  until(text: string): Promise<void>;
  readonly ended: Promise<CliRun>;
}

/** Environment of the tests without settings of this machine, so that a developer's own Jardam is never touched. */
function cleanEnvironment(extra: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  const kept = Object.entries(process.env).filter(([name]) => !/^(JARDAM_|DATABASE_URL$|NODE_OPTIONS$|JEST_)/.test(name));
  return { ...Object.fromEntries(kept), ...extra };
}

/** `jardam …` as a process of its own, from the sources. */
export function startCli(args: readonly string[], options: { env?: NodeJS.ProcessEnv; cwd?: string } = {}): CliProcess {
  const child = spawn(process.execPath, ['--no-warnings', '--import', REGISTER, MAIN, ...args], {
    env: cleanEnvironment(options.env ?? {}),
    stdio: ['pipe', 'pipe', 'pipe'],
    ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
  });
  const said = { stdout: '', stderr: '' };
  const listeners = new Set<() => void>();
  for (const name of ['stdout', 'stderr'] as const) {
    child[name].setEncoding('utf8').on('data', (text: string) => {
      said[name] += text;
      for (const listener of listeners) listener();
    });
  }
  const ended = new Promise<CliRun>((done, failed) => {
    child.once('error', failed);
    child.once('close', (code) => done({ code, ...said }));
  });
  return {
    child,
    stdout: () => said.stdout,
    stderr: () => said.stderr,
    ended,
    until: (text) =>
      new Promise((found, failed) => {
        const look = (): void => {
          if (!said.stdout.includes(text)) return;
          listeners.delete(look);
          found();
        };
        listeners.add(look);
        ended.then(({ stdout, stderr }) => failed(new Error(`ended without "${text}":\n${stdout}\n${stderr}`)), failed);
        look();
      }),
  };
}

/** Runs `jardam …` to its end with the given standard input. */
export async function runCli(args: readonly string[], options: { env?: NodeJS.ProcessEnv; cwd?: string; input?: string } = {}): Promise<CliRun> {
  const { child, ended } = startCli(args, options);
  child.stdin.on('error', () => undefined); // a command that asks nothing closes its input
  child.stdin.end(options.input ?? '');
  return ended;
}
