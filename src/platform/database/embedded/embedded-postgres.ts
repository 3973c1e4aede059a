import { spawn, type ChildProcess } from 'node:child_process';
import { createHash } from 'node:crypto';
import { chmodSync, chownSync, closeSync, existsSync, lstatSync, mkdirSync, openSync, statSync, truncateSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { findBinaries, type PostgresBinaries } from './binaries.js';
import { initialiseCluster } from './cluster.js';
import { holdDirectory, isHeld } from './directory-lock.js';
import { stopOrphan } from './orphan.js';
import { createDatabaseIfMissing, waitUntilReady } from './readiness.js';
import { firstClosedFolder, serverAccount, type ServerAccount } from './server-account.js';

const OWNER_ROLE = 'jardam';
const DEFAULT_DATABASE = 'jardam';
const SOCKET_PORT = 5432; // names the socket file only; nothing listens on the network
const MAX_SOCKET_PATH_BYTES = 100; // sockaddr_un holds 104 on macOS and 108 on Linux
const SHARED_FALLBACK_DIR = '/var/lib/jardam';
const startTimeoutMs = 120_000; // crash recovery after kill -9 replays WAL before the first connection
const fastShutdownMs = 20_000;
const firstRestartDelayMs = 250;
const maxRestartDelayMs = 5_000;
const maxLogBytes = 4 * 1024 * 1024;

/**
 * Settings of the server. Durability stays on: an accepted alert must survive a power cut.
 * Nothing that a person wrote may reach the server's log: no statements, no DETAIL lines with key values, and no
 * errors of statements at all (their messages quote values); whoever ran the statement is told anyway.
 */
const SERVER_SETTINGS: Readonly<Record<string, string>> = {
  listen_addresses: '',
  unix_socket_permissions: '0700',
  fsync: 'on',
  full_page_writes: 'on',
  synchronous_commit: 'on',
  max_connections: '100',
  timezone: 'UTC',
  log_timezone: 'UTC',
  jit: 'off',
  log_statement: 'none',
  log_min_error_statement: 'panic',
  log_error_verbosity: 'terse',
  log_min_messages: 'log', // above ERROR: starts, crashes and recoveries
  log_checkpoints: 'off',
};

export interface EmbeddedOptions {
  /** Folder for everything of the server: cluster, log, lock, and where it is short enough the socket. */
  readonly dataDir: string;
  /** Database that must exist afterwards; its owner is the role "jardam". */
  readonly database?: string;
  /** Additions to the server's settings, for instance more connections in a test run. */
  readonly settings?: Readonly<Record<string, string>>;
  /** Told what an operator should know: another folder was chosen, the server had to be restarted. */
  readonly log?: (message: string) => void;
}

export interface EmbeddedPostgres {
  /** Connection URL (unix socket) of the requested database, as the owner role. */
  readonly connection: string;
  /** The folder that is really used; differs from the wish when the server's account could not reach that. */
  readonly dataDir: string;
  /** Connection URL of another database of the same server. */
  urlOf(database: string): string;
  /** Process number of the server, for tests that kill it. */
  pid(): number | undefined;
  /** Ends the sessions, writes a checkpoint and waits until the server is gone. Safe to call twice. */
  stop(): Promise<void>;
}

/**
 * Starts the PostgreSQL server that comes with the program and keeps it running until stop().
 *
 * The real server binaries under a supervisor of our own: the npm wrapper around them hooks exit signals, leaves the
 * server orphaned after kill -9 and can hang in stop. PGlite lost because it runs without fsync and with a single
 * session. The server is its own process group, so that Ctrl-C in a terminal reaches us first and we can end open
 * work before the database goes away.
 */
export async function startEmbedded(options: EmbeddedOptions): Promise<EmbeddedPostgres> {
  const log = options.log ?? (() => undefined);
  const account = serverAccount();
  const dataDir = prepareDataDir(resolve(options.dataDir), account, log);
  const held = holdDirectory(dataDir);
  if ('refused' in held) {
    throw new Error(
      `the database in ${dataDir} is in use by another running Jardam (process ${held.pid}): ` +
        'stop that one first, or choose another folder',
    );
  }
  try {
    const binaries = findBinaries(account, account ? SHARED_FALLBACK_DIR : dataDir);
    const clusterDir = join(dataDir, 'cluster');
    await initialiseCluster({ binaries, account, clusterDir, ownerRole: OWNER_ROLE });
    await stopOrphan({ binaries, account, clusterDir, log });
    const socketDir = prepareSocketDir(dataDir, account);
    const server = new Supervisor(binaries, account, clusterDir, socketDir, { ...SERVER_SETTINGS, ...options.settings }, log);
    const urlOf = (database: string): string => connectionUrl(socketDir, database);
    const database = options.database ?? DEFAULT_DATABASE;
    try {
      await server.start(urlOf('postgres'));
      await createDatabaseIfMissing(urlOf('postgres'), database);
    } catch (error) {
      await server.stop();
      throw error;
    }
    return {
      connection: urlOf(database),
      dataDir,
      urlOf,
      pid: () => server.pid(),
      stop: async () => {
        await server.stop();
        held.release();
      },
    };
  } catch (error) {
    held.release();
    throw error;
  }
}

/**
 * The database that a running Jardam supervises in this folder, for commands that are typed beside it.
 *
 * @returns the connection URL, or null when nobody runs there
 */
export function attachEmbedded(options: { readonly dataDir: string; readonly database?: string }): string | null {
  const account = serverAccount();
  const dataDir = reachableDataDir(resolve(options.dataDir), account).dataDir;
  if (!isHeld(dataDir)) return null;
  return connectionUrl(socketDirOf(dataDir), options.database ?? DEFAULT_DATABASE);
}

function connectionUrl(socketDir: string, database: string): string {
  return `postgresql://${OWNER_ROLE}@${encodeURIComponent(socketDir)}:${SOCKET_PORT}/${encodeURIComponent(database)}`;
}

class Supervisor {
  private child: ChildProcess | undefined;
  private stopping = false;
  private restartDelayMs = firstRestartDelayMs;
  private restarting: Promise<void> | undefined;

  constructor(
    private readonly binaries: PostgresBinaries,
    private readonly account: ServerAccount | null,
    private readonly clusterDir: string,
    private readonly socketDir: string,
    private readonly settings: Readonly<Record<string, string>>,
    private readonly log: (message: string) => void,
  ) {}

  private get logFile(): string {
    return join(this.clusterDir, '..', 'postgres.log');
  }

  pid(): number | undefined {
    return this.child?.pid;
  }

  async start(url: string): Promise<void> {
    // After the postmaster alone was killed its children need a moment to notice, and hold the shared memory until then.
    for (let attempt = 1; ; attempt++) {
      const child = this.spawnServer();
      const outcome = await waitUntilReady({ url, child, timeoutMs: startTimeoutMs });
      if (outcome === 'ready') return this.restartWhenItEnds(child, url);
      if (outcome === 'timeout' || attempt === 5 || this.stopping) {
        throw new Error(`PostgreSQL did not start (${outcome}); its own words are in ${this.logFile}`);
      }
      await sleep(500 * attempt);
    }
  }

  async stop(): Promise<void> {
    this.stopping = true;
    await this.restarting?.catch(() => undefined);
    const child = this.child;
    if (!child || child.exitCode !== null || child.signalCode !== null) return;
    const gone = new Promise<void>((done) => child.once('exit', () => done()));
    child.kill('SIGINT'); // fast shutdown: sessions end, a checkpoint is written
    const inTime = await Promise.race([gone.then(() => true), sleep(fastShutdownMs, false, { ref: false })]);
    if (!inTime) child.kill('SIGQUIT'); // immediate: the next start replays the WAL, nothing committed is lost
    await gone;
  }

  private spawnServer(): ChildProcess {
    if (existsSync(this.logFile) && statSync(this.logFile).size > maxLogBytes) truncateSync(this.logFile, 0);
    const output = openSync(this.logFile, 'a', 0o600);
    try {
      const settings = Object.entries({ ...this.settings, unix_socket_directories: this.socketDir, port: `${SOCKET_PORT}` });
      this.child = spawn(this.binaries.postgres, ['-D', this.clusterDir, ...settings.flatMap(([key, value]) => ['-c', `${key}=${value}`])], {
        cwd: this.clusterDir,
        detached: true,
        stdio: ['ignore', output, output],
        env: { PATH: process.env.PATH ?? '', TZ: 'UTC', LC_ALL: 'C' },
        ...(this.account ? { uid: this.account.uid, gid: this.account.gid } : {}),
      });
      this.child.on('error', () => undefined); // reported through waitUntilReady
      return this.child;
    } finally {
      closeSync(output);
    }
  }

  private restartWhenItEnds(child: ChildProcess, url: string): void {
    const startedMs = performance.now();
    const restart = (): void => {
      if (this.stopping) return;
      if (performance.now() - startedMs > 60_000) this.restartDelayMs = firstRestartDelayMs;
      this.log(`the embedded PostgreSQL ended unexpectedly, starting it again in ${this.restartDelayMs} ms`);
      this.restarting = sleep(this.restartDelayMs).then(async () => {
        this.restartDelayMs = Math.min(this.restartDelayMs * 2, maxRestartDelayMs);
        if (!this.stopping) await this.start(url);
      });
      this.restarting.catch((error: unknown) => {
        this.log(`the embedded PostgreSQL could not be started again: ${String(error)}`);
        restart();
      });
    };
    if (child.exitCode !== null || child.signalCode !== null) restart();
    else child.once('exit', restart);
  }
}

/** The wished folder, or one that the server's account can reach; then `closed` is the folder that stood in the way. */
function reachableDataDir(wish: string, account: ServerAccount | null): { dataDir: string; closed: string | null } {
  // The folder itself is ours to open; what lies above it is not.
  const closed = account && firstClosedFolder(dirname(wish), account);
  if (!closed) return { dataDir: wish, closed: null };
  // One folder per wish, so that two checkouts never share a database by accident.
  return { dataDir: join(SHARED_FALLBACK_DIR, createHash('sha256').update(wish).digest('hex').slice(0, 12)), closed };
}

function prepareDataDir(wish: string, account: ServerAccount | null, log: (message: string) => void): string {
  const { dataDir, closed } = reachableDataDir(wish, account);
  if (account && closed) {
    log(
      `PostgreSQL does not run as root; as "${account.name}" it may not enter ${closed}. ` +
        `The database is kept in ${dataDir} instead of ${wish}`,
    );
  }
  mkdirSync(dataDir, { recursive: true });
  // Others may walk through, if the server runs as another account; list or read they may not.
  chmodSync(dataDir, account ? 0o711 : 0o700);
  const stillClosed = account && firstClosedFolder(join(dataDir, 'cluster'), account);
  if (account && stillClosed) throw new Error(`the account "${account.name}" may not enter ${stillClosed}, which the database needs`);
  return dataDir;
}

function socketDirOf(dataDir: string): string {
  const inside = join(dataDir, 'socket');
  const fits = Buffer.byteLength(join(inside, `.s.PGSQL.${SOCKET_PORT}`)) <= MAX_SOCKET_PATH_BYTES;
  return fits ? inside : join(tmpdir(), `jardam-${createHash('sha256').update(dataDir).digest('hex').slice(0, 12)}`);
}

/** The socket's folder is 0700: on this machine only the server's account and root can connect, without a password. */
function prepareSocketDir(dataDir: string, account: ServerAccount | null): string {
  const socketDir = socketDirOf(dataDir);
  mkdirSync(socketDir, { recursive: true, mode: 0o700 });
  if (account) chownSync(socketDir, account.uid, account.gid);
  const made = lstatSync(socketDir);
  if (!made.isDirectory() || made.uid !== (account?.uid ?? process.getuid?.())) {
    throw new Error(`${socketDir} belongs to somebody else; remove it, or choose a shorter folder for the database`);
  }
  chmodSync(socketDir, 0o700);
  return socketDir;
}
