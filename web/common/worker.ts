// Workers under Trusted Types. `new Worker(url)` is a sink, so under `require-trusted-types-for 'script'` the address
// has to come through a policy. Ours lets only script files of this origin's own build through.

interface ScriptUrlPolicy {
  createScriptURL(url: string): string;
}

interface TrustedTypesApi {
  createPolicy(name: string, rules: { createScriptURL: (url: string) => string }): ScriptUrlPolicy;
}

/** The name that the Content-Security-Policy header allows. */
const policyName = 'jardam';
const ownScript = /^\/(?:assets\/[\w.-]+|notices)\.js$/;

let policy: ScriptUrlPolicy | undefined;

function scriptUrl(url: string): string {
  const api = (globalThis as { trustedTypes?: TrustedTypesApi }).trustedTypes;
  const check = (candidate: string): string => {
    const { origin, pathname } = new URL(candidate, location.href);
    if (origin !== location.origin || !ownScript.test(pathname)) throw new TypeError('not a worker of this page');
    return candidate;
  };
  if (!api) return check(url);
  policy ??= api.createPolicy(policyName, { createScriptURL: check });
  return policy.createScriptURL(url);
}

/** Starts one of our workers; `url` comes from an import with `?worker&url`. Throws where workers are refused. */
export function startWorker(url: string): Worker {
  return new Worker(scriptUrl(url), { type: 'module' });
}

/** Registers one of our service workers for the pages under `scope`. Rejects where the browser has or allows none. */
export function registerServiceWorker(url: string, scope: string): Promise<ServiceWorkerRegistration> {
  return navigator.serviceWorker.register(scriptUrl(url), { scope });
}
