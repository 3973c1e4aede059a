import { loadConfig } from './platform/config/load-config.js';
import { ConfigError } from './platform/config/config-error.js';
import { describeError } from './platform/logging/describe-error.js';
import { redact } from './platform/logging/redact.js';
import { createService } from './service.js';

// sysexits.h: 78 says "configuration", which process managers can be told not to retry.
const EXIT_CONFIGURATION = 78;
const stopTimeoutMs = 30_000;

async function main(): Promise<void> {
  const service = await createService({ config: loadConfig(process.env) });
  let stopping = false;
  const stop = (): void => {
    if (stopping) process.exit(130); // the second time somebody means it
    stopping = true;
    setTimeout(() => process.exit(1), stopTimeoutMs).unref();
    service.stop().then(
      () => process.exit(0),
      (error: unknown) => fail(error),
    );
  };
  process.on('SIGTERM', stop);
  process.on('SIGINT', stop);
}

function fail(error: unknown): never {
  if (error instanceof ConfigError) {
    process.stderr.write(`${error.message}\n`);
    process.exit(EXIT_CONFIGURATION);
  }
  process.stderr.write(`${redact(describeError(error))}\n`);
  process.exit(1);
}

main().catch(fail);
