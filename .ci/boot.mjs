// Starts the built program as an operator would, against its own embedded PostgreSQL, and looks at it from outside.
// An ESM build can compile and test green and still not boot: an import that only the test runner resolves is enough.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

const startTimeoutMs = 60_000;
const stopTimeoutMs = 30_000;

const dataDir = mkdtempSync(join(tmpdir(), 'jardam-boot-'));
chmodSync(dataDir, 0o711);
const environment = Object.fromEntries(Object.entries(process.env).filter(([name]) => name !== 'DATABASE_URL' && !name.startsWith('JARDAM_')));
const program = spawn(process.execPath, ['dist/src/main.js'], {
  env: { ...environment, JARDAM_DATA_DIR: dataDir, JARDAM_HTTP_PORT: '0' },
  stdio: ['ignore', 'inherit', 'pipe'],
});
let log = '';
program.stderr.on('data', (chunk) => (log += chunk));

try {
  const origin = await listening();
  await expectStatus(`${origin}/health/live`, 200);
  await expectStatus(`${origin}/health/ready`, 200);
  for (const page of ['/', '/desk']) {
    const html = await expectStatus(origin + page, 200);
    if (!/^<!doctype html>/i.test(html)) throw new Error(`${page} is not a page`);
    // What the page asks for first must be there as well.
    for (const [, asset] of html.matchAll(/(?:src|href)="(\/[^"]+\.(?:js|css))"/g)) await expectStatus(origin + asset, 200);
  }
  program.kill('SIGTERM');
  const [code] = await Promise.race([once(program, 'exit'), sleep(stopTimeoutMs, ['no end'], { ref: false })]);
  if (code !== 0) throw new Error(`after SIGTERM: ${code}`);
  console.log('started, answered, stopped');
} catch (error) {
  console.error(String(error));
  console.error(log);
  process.exitCode = 1;
  program.kill('SIGTERM');
  if (program.exitCode === null) await Promise.race([once(program, 'exit'), sleep(stopTimeoutMs, undefined, { ref: false })]);
} finally {
  rmSync(dataDir, { recursive: true, force: true });
}

async function listening() {
  const deadline = Date.now() + startTimeoutMs;
  while (Date.now() < deadline) {
    const port = /listening on port (\d+)/.exec(log)?.[1];
    if (port) return `http://127.0.0.1:${port}`;
    if (program.exitCode !== null) throw new Error(`ended with ${program.exitCode} instead of starting`);
    await sleep(100);
  }
  throw new Error('did not listen in time');
}

async function expectStatus(url, status) {
  const answer = await fetch(url);
  const text = await answer.text();
  if (answer.status !== status) throw new Error(`${new URL(url).pathname} answered ${answer.status} instead of ${status}: ${text.slice(0, 300)}`);
  return text;
}
