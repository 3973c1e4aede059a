// Jest global setup of the integration and e2e projects: one PostgreSQL server for the whole run. Each test file then
// gets a database of its own, copied from a migrated template (test/support/database.ts).
import { register } from 'node:module';

register('./typescript-loader.mjs', import.meta.url);

export default async function setup() {
  // Both projects name this file; the second one finds the server of the first.
  if (process.env.JARDAM_TEST_SERVER) return;
  const { startTestServer } = await import('./database-server.ts');
  const server = await startTestServer();
  process.env.JARDAM_TEST_SERVER = server.adminUrl;
  process.env.JARDAM_TEST_TEMPLATE = server.template;
  globalThis.jardamTestServer = server;
}
