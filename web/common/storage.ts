// The little that a page may leave in a browser: settings and the newest roster version seen, under names that tell
// nothing. Private windows and hardened browsers refuse storage; everything works without it.

const prefix = 'n.';

/** Keeps a short text, or quietly does not where storage is refused. */
export function remember(name: string, value: string): void {
  try {
    globalThis.localStorage.setItem(prefix + name, value);
  } catch {
    // Refused or full: the page works from memory alone.
  }
}

/** What was kept, or null. */
export function recall(name: string): string | null {
  try {
    return globalThis.localStorage.getItem(prefix + name);
  } catch {
    return null;
  }
}

export function forget(name: string): void {
  try {
    globalThis.localStorage.removeItem(prefix + name);
  } catch {
    // Nothing was kept either.
  }
}
