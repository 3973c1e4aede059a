// A process that starts the embedded server, writes a row, says so, and then waits to be killed.
// Usage: node test/support/embedded-holder.mjs <dataDir>
import { register } from 'node:module';

register('./typescript-loader.mjs', import.meta.url);
const { startEmbedded } = await import('../../src/platform/database/embedded/embedded-postgres.ts');
const { default: pg } = await import('pg');

const server = await startEmbedded({ dataDir: process.argv[2] });
const client = new pg.Client({ connectionString: server.connection });
await client.connect();
await client.query('CREATE TABLE IF NOT EXISTS kept (n integer)');
await client.query('INSERT INTO kept VALUES (1)');
process.stdout.write(`committed ${server.pid()}\n`);
setInterval(() => undefined, 60_000);
