// Jest global setup of the e2e project: a browser, and the database server that all projects share.
import { register } from 'node:module';
import startDatabaseServer from './database-server.setup.mjs';

register('./typescript-loader.mjs', import.meta.url);

export default async function setup() {
  const { ensureBrowser } = await import('./browser.ts');
  ensureBrowser((message) => process.stderr.write(`${message}\n`));
  await startDatabaseServer();
}
