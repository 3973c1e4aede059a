import { describe, expect, it } from '@jest/globals';
import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { parse } from 'yaml';
import { migrations } from '../../migrations/index.js';
import { loadConfig } from '../../src/platform/config/load-config.js';
import { Database } from '../../src/platform/database/database.js';
import { startEmbedded } from '../../src/platform/database/embedded/embedded-postgres.js';
import { migrate } from '../../src/platform/database/migrate.js';

interface ComposeService {
  readonly read_only?: boolean;
  readonly cap_drop?: string[];
  readonly security_opt?: string[];
  readonly environment?: Record<string, string>;
  readonly healthcheck?: { test?: unknown };
  readonly secrets?: string[];
  readonly volumes?: string[];
  readonly networks?: string[];
  readonly ports?: string[];
  readonly build?: string;
  readonly depends_on?: Record<string, { condition: string }>;
  readonly privileged?: boolean;
}
interface Compose {
  readonly services: Record<string, ComposeService>;
  readonly networks: Record<string, { internal?: boolean }>;
  readonly volumes: Record<string, object>;
  readonly secrets: Record<string, { file: string }>;
}

/** Names of the Compose specification (github.com/compose-spec, spec.md) that this file may use. */
const TOP_LEVEL = ['name', 'services', 'networks', 'volumes', 'secrets', 'configs'];
const SERVICE = [
  'build', 'cap_add', 'cap_drop', 'command', 'configs', 'depends_on', 'entrypoint', 'environment', 'healthcheck', 'image', 'init', 'logging',
  'networks', 'ports', 'read_only', 'restart', 'secrets', 'security_opt', 'shm_size', 'stop_grace_period', 'tmpfs', 'user', 'volumes',
];
const HEALTH_CHECK = ['test', 'interval', 'timeout', 'retries', 'start_period', 'start_interval', 'disable'];

describe('the containers for production', () => {
  const text = readFileSync('docker-compose.yml', 'utf8');
  const compose = parse(text, { merge: true }) as Compose;
  const services = Object.entries(compose.services);

  it('uses only names that Compose knows, and refers only to what is declared', () => {
    const unknown = Object.keys(compose).filter((key) => !TOP_LEVEL.includes(key) && !key.startsWith('x-'));
    expect(unknown).toEqual([]);
    for (const [name, service] of services) {
      expect({ name, unknown: Object.keys(service).filter((key) => !SERVICE.includes(key)) }).toEqual({ name, unknown: [] });
      expect({ name, unknown: Object.keys(service.healthcheck ?? {}).filter((key) => !HEALTH_CHECK.includes(key)) }).toEqual({ name, unknown: [] });
      for (const network of service.networks ?? []) expect(Object.keys(compose.networks)).toContain(network);
      for (const secret of service.secrets ?? []) expect(Object.keys(compose.secrets)).toContain(secret);
      for (const other of Object.keys(service.depends_on ?? {})) expect(Object.keys(compose.services)).toContain(other);
      for (const [source = ''] of (service.volumes ?? []).map((volume) => volume.split(':'))) {
        const there = source.startsWith('./') ? existsSync(source) || source === './config/jardam.yaml' : source in compose.volumes;
        expect({ name, source, there }).toEqual({ name, source, there: true });
      }
      if (service.build) expect(existsSync(join(service.build, 'Dockerfile'))).toBe(true);
    }
    // Where the real judge is installed, it has the last word.
    const env = { ...process.env, JARDAM_DOMAIN: 'notes.example.org' };
    if (spawnSync('docker', ['compose', 'version']).status === 0) {
      execFileSync('docker', ['compose', 'config', '--quiet'], { env });
    } else if (spawnSync('docker-compose', ['version']).status === 0) {
      // Debian's older client knows everything in the file but the project's name.
      execFileSync('docker-compose', ['-f', '-', 'config', '--quiet'], { env, input: text.replace(/^name:.*$/m, '') });
    } else {
      process.stderr.write('docker compose is not installed: docker-compose.yml was checked against the known names only\n');
    }
  });

  it('gives no container more than it needs', () => {
    for (const [name, service] of services) {
      expect({ name, ...service }).toMatchObject({ name, read_only: true, cap_drop: ['ALL'], security_opt: ['no-new-privileges:true'] });
      expect(service.healthcheck?.test ?? service.build).toBeDefined();
      expect(service.privileged).toBeUndefined();
    }
    expect(services.filter(([, { ports }]) => ports).map(([name]) => name)).toEqual(['caddy']);
    expect(compose.services.database?.networks).toEqual(['inside']);
    expect(compose.networks.inside?.internal).toBe(true);
  });

  it('takes every secret from a file that is never committed', () => {
    for (const { file } of Object.values(compose.secrets)) {
      expect(file).toMatch(/^\.\/deploy\/secrets\//);
      expect(spawnSync('git', ['check-ignore', '-q', file]).status).toBe(0);
    }
    for (const [, { environment = {} }] of services) {
      for (const [variable, value] of Object.entries(environment)) {
        if (/password|secret|token/i.test(variable)) expect(value).toMatch(/^\/run\/secrets\//);
        expect(value).not.toMatch(/:\/\/[^/@]*:[^/@]*@/);
      }
    }
  });

  it('gives the service a configuration that it accepts', () => {
    const folder = mkdtempSync(join(tmpdir(), 'jardam-deploy-'));
    try {
      const passwordFile = join(folder, 'password');
      execFileSync('sh', ['-c', 'echo secret > "$0"', passwordFile]);
      const environment = { ...compose.services.jardam?.environment, JARDAM_CONFIG: 'config/production.example.yaml', JARDAM_DATABASE_PASSWORD_FILE: passwordFile };
      const config = loadConfig(environment);
      expect(config.http).toMatchObject({ host: '0.0.0.0', port: 8080, behindTls: true });
      expect(config.database.url).toBe('postgresql://jardam:secret@database/jardam');
      expect(config.mail.security).toBe('starttls');
    } finally {
      rmSync(folder, { recursive: true });
    }
    expect(readFileSync('deploy/caddy/Caddyfile', 'utf8')).toContain('reverse_proxy jardam:8080');
    expect(readFileSync('deploy/tor/torrc', 'utf8')).toContain('HiddenServicePort 80 jardam:8080');
  });

  it('makes a database login that is no superuser, and with which migrations and service work', async () => {
    const script = readFileSync('deploy/postgres/10-jardam.sh', 'utf8');
    // The embedded server's own superuser is called jardam already; only the name differs here.
    const sql = (/<<'SQL'\n([\s\S]*)\nSQL/.exec(script)?.[1] ?? '').replace(/\bjardam\b/g, 'jardam_login').replace(":'password'", "'secret'");
    const dataDir = mkdtempSync(join(tmpdir(), 'jardam-deploy-db-'));
    const server = await startEmbedded({ dataDir, database: 'jardam_login' });
    try {
      const admin = new pg.Client({ connectionString: server.connection });
      await admin.connect();
      await admin.query(sql);
      await admin.end();
      const url = new URL(server.connection);
      url.username = 'jardam_login';
      expect((await migrate(url.href, migrations)).length).toBe(migrations.length);
      const database = await Database.open({ url: url.href, poolSize: 2 });
      const { rows } = await database.query<{ role: string; superuser: boolean }>(
        'SELECT current_user AS role, rolsuper AS superuser FROM pg_roles WHERE rolname = session_user',
      );
      expect(rows[0]).toEqual({ role: 'jardam_app', superuser: false });
      expect((await database.query('SELECT FROM coalition')).rowCount).toBe(1);
      await expect(database.query('DELETE FROM event')).rejects.toThrow(/permission denied/);
      await expect(database.query('CREATE TABLE mine (x int)')).rejects.toThrow(/permission denied/);
      await database.close();
    } finally {
      await server.stop();
      rmSync(dataDir, { recursive: true, force: true });
      rmSync(server.dataDir, { recursive: true, force: true });
    }
  }, 60_000);
});
