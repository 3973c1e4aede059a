import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { chromium, type Browser } from 'playwright-core';

/** Set by the global setup of the e2e project; may be set by hand to test with another browser. */
const BROWSER_VARIABLE = 'JARDAM_TEST_BROWSER';

const KNOWN_PLACES = [
  '/usr/bin/chromium',
  '/usr/bin/chromium-browser',
  '/usr/bin/google-chrome-stable',
  '/usr/bin/google-chrome',
  '/snap/bin/chromium',
  '/Applications/Chromium.app/Contents/MacOS/Chromium',
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
];

const isRoot = process.getuid?.() === 0;

/** A real Chromium. Without one the test fails and says what to do; it never passes by not looking.
 *  @param more switches of Chromium, for browsers that can do less */
export async function openBrowser(more: readonly string[] = []): Promise<Browser> {
  const executablePath = findBrowser();
  if (executablePath === null) {
    throw new Error(
      'no Chromium was found and none could be installed: install the package "chromium" of your distribution, ' +
        `run "node node_modules/playwright-core/cli.js install chromium", or name one in ${BROWSER_VARIABLE}`,
    );
  }
  return chromium.launch({
    executablePath,
    args: [
      '--disable-background-networking', // no calls home of its own, so that a test can see that a page makes none
      '--disable-component-update',
      '--disable-gpu',
      '--disable-dev-shm-usage', // containers give it 64 MB
      ...(isRoot ? ['--no-sandbox'] : []), // Chromium's sandbox refuses root
      ...more,
    ],
  });
}

/** Path of an installed browser, or null. */
export function findBrowser(): string | null {
  const named = process.env[BROWSER_VARIABLE];
  if (named) return named;
  return [...KNOWN_PLACES, chromium.executablePath()].find((path) => existsSync(path)) ?? null;
}

/**
 * Makes sure that there is one, once before all tests: the distribution's package where we may install it, else
 * Playwright's download.
 */
export function ensureBrowser(log: (message: string) => void): void {
  if (findBrowser() === null && isRoot && existsSync('/usr/bin/apt-get')) {
    log('no browser found, installing the package "chromium"');
    attempt(log, () => {
      const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
      execFileSync('apt-get', ['update', '-q'], { stdio: 'ignore', env });
      execFileSync('apt-get', ['install', '-q', '-y', '--no-install-recommends', 'chromium'], { stdio: 'ignore', env });
    });
  }
  if (findBrowser() === null) {
    log('no browser found, downloading the one of Playwright');
    attempt(log, () => execFileSync(process.execPath, ['node_modules/playwright-core/cli.js', 'install', 'chromium'], { stdio: 'ignore' }));
  }
}

function attempt(log: (message: string) => void, work: () => void): void {
  try {
    work();
  } catch {
    log('that did not work');
  }
}
