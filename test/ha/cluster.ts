import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { chmodSync, chownSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import pg from 'pg';
import { stringify } from 'yaml';
import { eventually } from '../e2e/support/alerts.js';
import { freePort } from '../e2e/support/service-process.js';
import { Machine } from './machine.js';
import { serverAccount, type Programs } from './programs.js';

const SCOPE = 'jardam';
/** Patroni's documentation allows no shorter life of the leader's key; it is most of the time that a failover takes. */
const leaderLifetimeS = 20;
const loopWaitS = 2;
const dcsRetryS = 3;
const startTimeoutMs = 90_000;

interface Node {
  readonly name: string;
  readonly port: number;
  readonly restPort: number;
  readonly configFile: string;
  machine: Machine;
}

interface Member {
  readonly name: string;
  readonly role: string;
  readonly state: string;
  readonly timeline?: number;
}

/** Three PostgreSQL servers under Patroni with an etcd, on loopback: the setup of docs/operations/high-availability.md. */
export class Cluster {
  private readonly passwords = { superuser: secret(), replication: secret(), rewind: secret(), jardam: secret() };
  private readonly nodes: Node[] = [];
  private etcd: Machine | undefined;
  private etcdPort = 0;

  private constructor(
    readonly folder: string,
    private readonly programs: Programs,
    private readonly synchronous: boolean,
  ) {}

  /** @param synchronous whether a commit waits for a standby; without it a failover loses what was confirmed last */
  static async start(programs: Programs, synchronous: boolean): Promise<Cluster> {
    const folder = mkdtempSync(join(tmpdir(), 'jardam-ha-'));
    chmodSync(folder, 0o711);
    const cluster = new Cluster(folder, programs, synchronous);
    try {
      await cluster.startEtcd();
      for (const name of ['one', 'two', 'three']) cluster.nodes.push(await cluster.startNode(name));
      await cluster.untilHealthy(3);
      await cluster.createDatabase();
      return cluster;
    } catch (error) {
      await cluster.stop(false);
      throw error;
    }
  }

  /** DATABASE_URL with all servers; the password is in `passwordFile`. */
  get url(): string {
    return `postgresql://jardam@${this.nodes.map(({ port }) => `127.0.0.1:${port}`).join(',')}/jardam?target_session_attrs=read-write`;
  }

  get password(): string {
    return this.passwords.jardam;
  }

  /** Name of the present leader, as Patroni on the other nodes sees it; null while there is none. */
  async leader(): Promise<string | null> {
    return (await this.members()).find(({ role, state }) => role === 'leader' && state === 'running')?.name ?? null;
  }

  /** Name of the standby that a commit waits for. */
  async synchronousStandby(): Promise<string | null> {
    return (await this.members()).find(({ role }) => role === 'sync_standby')?.name ?? null;
  }

  /** Every node but this one. */
  others(name: string): string[] {
    return this.nodes.filter((node) => node.name !== name).map((node) => node.name);
  }

  machineOf(name: string): Machine {
    return this.node(name).machine;
  }

  /** Switches a node on again whose machine was powered off. */
  switchOn(name: string): void {
    const node = this.node(name);
    node.machine = this.launch(node.name, node.configFile);
  }

  /** Waits until a leader, a synchronous standby and `members` members in all are there and stream. */
  async untilHealthy(members: number): Promise<void> {
    await eventually(
      () => this.members(),
      (all) =>
        all.filter(({ state }) => state === 'running' || state === 'streaming').length >= members &&
        all.some(({ role }) => role === 'leader') &&
        (!this.synchronous || all.some(({ role }) => role === 'sync_standby')),
      startTimeoutMs,
    );
  }

  /** The operator's way before maintenance: the standby takes over without anything being lost or killed. */
  async switchover(from: string, to: string): Promise<void> {
    await promisify(execFile)(this.programs.patronictl, ['-c', this.node(from).configFile, 'switchover', SCOPE, '--master', from, '--candidate', to, '--force'], {
      env: { PATH: process.env.PATH, LC_ALL: 'C.UTF-8' },
    });
  }

  /** One statement as superuser on one node. */
  async ask<R extends pg.QueryResultRow>(name: string, statement: string, database = 'postgres'): Promise<R[]> {
    const client = new pg.Client({ host: '127.0.0.1', port: this.node(name).port, user: 'postgres', password: this.passwords.superuser, database });
    await client.connect();
    try {
      return (await client.query<R>(statement)).rows;
    } finally {
      await client.end();
    }
  }

  logOf(name: string): string {
    return readFileSync(join(this.folder, `${name}.log`), 'utf8');
  }

  /** @param keep leaves configuration and logs behind, for looking at what went wrong */
  async stop(keep: boolean): Promise<void> {
    for (const { machine } of this.nodes) await machine.powerOff();
    await this.etcd?.powerOff();
    if (!keep) rmSync(this.folder, { recursive: true, force: true });
  }

  private async startEtcd(): Promise<void> {
    this.etcdPort = await freePort();
    const peer = `http://127.0.0.1:${await freePort()}`;
    const client = `http://127.0.0.1:${this.etcdPort}`;
    this.etcd = Machine.start('etcd', {
      command: this.programs.etcd,
      args: [
        ...['--name', 'etcd', '--data-dir', this.ownFolder('etcd')],
        ...['--listen-client-urls', client, '--advertise-client-urls', client],
        ...['--listen-peer-urls', peer, '--initial-advertise-peer-urls', peer, '--initial-cluster', `etcd=${peer}`],
        ...(this.programs.etcdInterface === 'etcd' ? ['--enable-v2=true'] : []),
      ],
      home: join(this.folder, 'etcd'),
      logFile: join(this.folder, 'etcd.log'),
    });
    const { etcd } = this;
    await eventually(
      async () => (etcd.hasEnded ? Promise.reject(new Error('etcd has ended')) : (await fetch(`${client}/health`).catch(() => null))?.ok ?? false),
      (ok) => ok,
      startTimeoutMs,
    );
  }

  private async startNode(name: string): Promise<Node> {
    const [port, restPort] = [await freePort(), await freePort()];
    const configFile = join(this.ownFolder(name), 'patroni.yml');
    writeFileSync(configFile, stringify(this.configOf(name, port, restPort)), { mode: 0o600 });
    const account = serverAccount();
    if (account) chownSync(configFile, account.uid, account.gid);
    return { name, port, restPort, configFile, machine: this.launch(name, configFile) };
  }

  private launch(name: string, configFile: string): Machine {
    return Machine.start(name, { command: this.programs.patroni, args: [configFile], home: join(this.folder, name), logFile: join(this.folder, `${name}.log`) });
  }

  private configOf(name: string, port: number, restPort: number): object {
    const { superuser, replication, rewind } = this.passwords;
    const folder = join(this.folder, name);
    return {
      scope: SCOPE,
      name,
      restapi: { listen: `127.0.0.1:${restPort}`, connect_address: `127.0.0.1:${restPort}` },
      [this.programs.etcdInterface]: { hosts: [`127.0.0.1:${this.etcdPort}`] },
      bootstrap: {
        dcs: {
          ttl: leaderLifetimeS,
          loop_wait: loopWaitS,
          retry_timeout: dcsRetryS,
          maximum_lag_on_failover: 1_048_576,
          synchronous_mode: this.synchronous,
          primary_start_timeout: 0,
          postgresql: {
            use_pg_rewind: true,
            use_slots: true,
            parameters: { max_connections: 100, wal_level: 'replica', synchronous_commit: 'on', log_statement: 'none', log_min_error_statement: 'panic', log_error_verbosity: 'terse' },
          },
        },
        initdb: [{ encoding: 'UTF8' }, { locale: 'C.UTF-8' }, 'data-checksums', { auth: 'scram-sha-256' }, { username: 'postgres' }],
        pg_hba: ['local all all trust', 'host replication replicator 127.0.0.1/32 scram-sha-256', 'host all all 127.0.0.1/32 scram-sha-256'],
      },
      postgresql: {
        listen: `127.0.0.1:${port}`,
        connect_address: `127.0.0.1:${port}`,
        data_dir: join(folder, 'data'),
        bin_dir: this.programs.postgresBin,
        pgpass: join(folder, 'pgpass'),
        authentication: {
          superuser: { username: 'postgres', password: superuser },
          replication: { username: 'replicator', password: replication },
          rewind: { username: 'rewind', password: rewind },
        },
        parameters: { unix_socket_directories: folder },
      },
    };
  }

  /** As in docs/operations/setup.md: a login of the service, and the role without rights to alter tables. */
  private async createDatabase(): Promise<void> {
    const leader = (await this.leader()) ?? '';
    for (const statement of [
      `CREATE ROLE jardam LOGIN PASSWORD '${this.passwords.jardam}'`,
      'CREATE ROLE jardam_app NOLOGIN',
      'GRANT jardam_app TO jardam WITH ADMIN OPTION',
      'CREATE DATABASE jardam OWNER jardam',
    ]) {
      await this.ask(leader, statement);
    }
    for (const statement of ['REVOKE ALL ON SCHEMA public FROM PUBLIC', 'ALTER SCHEMA public OWNER TO jardam', 'GRANT USAGE ON SCHEMA public TO jardam_app']) {
      await this.ask(leader, statement, 'jardam');
    }
  }

  /** What any Patroni that answers says of the cluster. */
  private async members(): Promise<readonly Member[]> {
    const answers = this.nodes.map(async ({ restPort }) => {
      const answer = await fetch(`http://127.0.0.1:${restPort}/cluster`, { signal: AbortSignal.timeout(2_000) });
      return ((await answer.json()) as { members: Member[] }).members;
    });
    return Promise.any(answers).catch(() => []);
  }

  private node(name: string): Node {
    const node = this.nodes.find((each) => each.name === name);
    if (!node) throw new Error(`there is no node ${name}`);
    return node;
  }

  private ownFolder(name: string): string {
    const folder = join(this.folder, name);
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    const account = serverAccount();
    if (account) chownSync(folder, account.uid, account.gid);
    return folder;
  }
}

function secret(): string {
  return randomBytes(16).toString('hex');
}
