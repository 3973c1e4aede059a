import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { loadConfig } from '../../../src/platform/config/load-config.js';
import { Database } from '../../../src/platform/database/database.js';
import { createService, type Service } from '../../../src/service.js';
import { withAdmin } from '../../support/database-server.js';

describe('a PostgreSQL that the operator provides', () => {
  const adminUrl = process.env.JARDAM_TEST_SERVER ?? '';
  const login = `service_${randomBytes(4).toString('hex')}`;
  let dataDir: string;
  let service: Service | undefined;

  beforeEach(async () => {
    dataDir = mkdtempSync(join(tmpdir(), 'jardam-external-'));
    await withAdmin(adminUrl, async (client) => {
      await client.query(`CREATE ROLE ${login} LOGIN PASSWORD 'not-a-superuser'`);
      await client.query(`CREATE DATABASE ${login} OWNER ${login}`);
    });
  });

  afterEach(async () => {
    await service?.stop();
    service = undefined;
    await withAdmin(adminUrl, async (client) => {
      await client.query(`DROP DATABASE IF EXISTS ${login} WITH (FORCE)`);
      await client.query(`DROP ROLE ${login}`);
    });
    rmSync(dataDir, { recursive: true });
  });

  function urlOfLogin(): string {
    const url = new URL(adminUrl);
    url.username = login;
    url.password = 'not-a-superuser';
    url.pathname = `/${login}`;
    return url.href;
  }

  async function start(log: string[] = []): Promise<Service> {
    service = await createService({
      config: loadConfig({ DATABASE_URL: urlOfLogin(), JARDAM_DATA_DIR: dataDir, JARDAM_HTTP_PORT: '0' }),
      writeLog: (line) => log.push(line),
    });
    return service;
  }

  it('is used as the restricted role when the operator made it a member, as the setup describes', async () => {
    await withAdmin(adminUrl, (client) => client.query(`GRANT jardam_app TO ${login}`));
    const { app, url } = await start();
    expect((await fetch(`${url}/health/ready`)).status).toBe(200);
    const who = await app.get(Database).query('SELECT current_user AS works_as, session_user AS signs_in_as');
    expect(who.rows).toEqual([{ works_as: 'jardam_app', signs_in_as: login }]);
  });

  it('is used as its owner when the operator gave one plain login and nothing else', async () => {
    const { app, url } = await start();
    expect((await fetch(`${url}/health/ready`)).status).toBe(200);
    const who = await app.get(Database).query('SELECT current_user AS works_as');
    expect(who.rows).toEqual([{ works_as: login }]);
  });

  it('stops the start with a clear word, and never its password, when it cannot be reached', async () => {
    const wrong = new URL(urlOfLogin());
    wrong.pathname = '/absent';
    const failed = createService({
      config: loadConfig({ DATABASE_URL: wrong.href, JARDAM_DATA_DIR: dataDir, JARDAM_HTTP_PORT: '0' }),
      writeLog: () => undefined,
    });
    const message = await failed.then(
      () => 'started',
      (error: unknown) => String(error),
    );
    expect(message).toContain('database "absent" does not exist');
    expect(message).not.toContain('not-a-superuser');
  });
});
