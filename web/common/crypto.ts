// Which cryptography a page runs on. noble comes first: it is small, needs no WebAssembly, and seals in milliseconds.
// libsodium is fetched only where it pays (Argon2id, large files), and never where WebAssembly is off.
import type { PasswordHash, Primitives } from '@jardam/protocol';

/** noble, ready after one small fetch. */
export async function quickPrimitives(): Promise<Primitives> {
  return (await import('./noble-primitives.js')).noble;
}

function webAssemblyWorks(): boolean {
  return typeof WebAssembly === 'object' && typeof WebAssembly.instantiate === 'function';
}

/** libsodium where it runs, else noble: for files and long lists. */
export async function strongPrimitives(): Promise<Primitives> {
  if (webAssemblyWorks()) {
    try {
      return await (await import('@jardam/protocol/sodium')).loadSodium();
    } catch {
      // Compiling may still be forbidden by the browser's own settings; noble gives the same bytes.
    }
  }
  return quickPrimitives();
}

/** Argon2id: about half a second with libsodium, 5 to 30 times that without WebAssembly. Call it in a Worker. */
export async function passwordHash(): Promise<PasswordHash> {
  if (webAssemblyWorks()) {
    try {
      return await (await import('@jardam/protocol/sodium')).loadSodiumArgon2();
    } catch {
      // As above.
    }
  }
  return (await import('./noble-password.js')).nobleArgon2;
}
