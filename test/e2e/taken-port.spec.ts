import { createServer, type Server } from 'node:http';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { testDatabaseUrl } from '../support/database.js';
import { freePort, startServiceProcess } from './support/service-process.js';

describe('another program has the port of the service', () => {
  const dataDir = mkdtempSync(join(tmpdir(), 'jardam-taken-port-'));
  let database: Awaited<ReturnType<typeof testDatabaseUrl>>;
  let other: Server;
  let port: number;

  beforeAll(async () => {
    database = await testDatabaseUrl();
    port = await freePort();
    other = createServer((_request, response) => response.end('ready')).listen(port, '127.0.0.1');
    await once(other, 'listening');
  });
  afterAll(async () => {
    other.close();
    await database.drop();
    rmSync(dataDir, { recursive: true, force: true });
  });

  it('the service ends and names the port; who started it does not take the other for it', async () => {
    const start = startServiceProcess(
      {
        DATABASE_URL: database.url,
        JARDAM_DATA_DIR: dataDir,
        JARDAM_PUBLIC_URL: `http://127.0.0.1:${port}`,
        JARDAM_MAIL_HOST: '127.0.0.1',
        JARDAM_MAIL_SECURITY: 'none',
        JARDAM_MAIL_FROM: 'notice@example.org',
      },
      port,
    );
    await expect(start).rejects.toThrow(new RegExp(`ended with code 1\n[^]*EADDRINUSE.*:${port}`));
  }, 60_000);
});
