import { equalBytes } from '@jardam/protocol';
import { cleanFile } from '@jardam/protocol/metadata';
import type { FileKind } from './file-kind.js';

/**
 * Whether a place, a time or a device may still be hidden in a file. What was cleaned before it was sealed would not change
 * by being cleaned now; what came through a chat, or cannot be cleaned by anybody, may tell more than it shows.
 */
export function mayTellMore(bytes: Uint8Array, kind: FileKind): boolean {
  if (kind === 'text') return false;
  const clean = cleanFile(bytes);
  return !('bytes' in clean && equalBytes(clean.bytes, bytes));
}
