/** A file without its hidden data; 'damaged' when it cannot be read to its end, because then nobody can call it clean. */
export type Stripped = { readonly bytes: Uint8Array } | { readonly refused: 'damaged' };

/** A hundred thousand pieces: many times more than a real file has. One of nothing but empty pieces would fill the memory. */
export const mostParts = 100_000;

export function joined(parts: readonly Uint8Array[]): Uint8Array {
  const out = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    out.set(part, at);
    at += part.length;
  }
  return out;
}
