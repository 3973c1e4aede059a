// The protocol compiles with neither DOM nor Node types, so that nothing of either can slip in unseen.
// These few names exist in every place it runs (browsers, workers, Node); they are typed here and nowhere else.
interface Runtime {
  readonly crypto: { getRandomValues(target: Uint8Array): Uint8Array };
  readonly TextEncoder: new () => { encode(text: string): Uint8Array };
  readonly TextDecoder: new (
    encoding: 'utf-8',
    options: { fatal: true; ignoreBOM: true },
  ) => { decode(bytes: Uint8Array): string };
  readonly setTimeout: (run: () => void, delayMs: number) => unknown;
  readonly WebAssembly?: { readonly Module?: new (bytes: Uint8Array) => unknown };
}

const runtime = globalThis as unknown as Runtime;

const encoder = new runtime.TextEncoder();
// fatal: a broken byte sequence is refused, never replaced by U+FFFD, because signed text must read back the same.
// ignoreBOM: a leading U+FEFF is kept for the same reason.
const decoder = new runtime.TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** UTF-8 bytes of a string. */
export function utf8(text: string): Uint8Array {
  return encoder.encode(text);
}

/** The string of strict UTF-8 bytes; throws TypeError on an invalid sequence. */
export function fromUtf8(bytes: Uint8Array): string {
  return decoder.decode(bytes);
}

// getRandomValues refuses more than this in one call (W3C Web Cryptography API, QuotaExceededError).
const maxRandomBytesPerCall = 65_536;

/** `length` bytes from the platform's cryptographic random source. */
export function platformRandomBytes(length: number): Uint8Array {
  const bytes = new Uint8Array(length);
  for (let at = 0; at < length; at += maxRandomBytesPerCall) {
    runtime.crypto.getRandomValues(bytes.subarray(at, Math.min(length, at + maxRandomBytesPerCall)));
  }
  return bytes;
}

/** Lets pending input, painting and timers run. A microtask would not: it runs before any of them. */
export function yieldToEventLoop(): Promise<void> {
  return new Promise((resolve) => {
    runtime.setTimeout(resolve, 0);
  });
}

/** The smallest valid module: magic and version (WebAssembly core specification, 5.5.16). */
const emptyWasmModule = Uint8Array.of(0, 0x61, 0x73, 0x6d, 1, 0, 0, 0);

/** Whether this place can compile WebAssembly: off in iOS Lockdown Mode and Tor Browser "Safer", where the name is
 *  missing, and under a CSP without 'wasm-unsafe-eval', where the name is there and only compiling fails. */
export function canCompileWebAssembly(): boolean {
  const Module = runtime.WebAssembly?.Module;
  if (Module === undefined) return false;
  try {
    return new Module(emptyWasmModule) !== undefined;
  } catch {
    return false;
  }
}
