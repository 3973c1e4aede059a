// One file, in parts, from wherever the server stands to its end. Apart from upload.ts, which needs a browser.
import type { Problem, Result } from '../common/api.js';

/** The requests of one object, as the service offers them. */
export interface ObjectRequests {
  /** Announces the file; the answer says how far an earlier try came. */
  announce(signal: AbortSignal): Promise<Result<{ readonly receivedBytes: number }>>;
  append(offset: number, part: Uint8Array, signal: AbortSignal): Promise<Result<null>>;
}

export interface UploadOptions {
  readonly partBytes: number;
  readonly attempt: <T>(send: (signal: AbortSignal) => Promise<Result<T>>) => Promise<Result<T> | null>;
  readonly onProgress: (sentBytes: number) => void;
}

/** How often a file may be begun again before it is given up. */
const maxRestarts = 3;

/** Sends one file from wherever the server stands to its end. False when the server will not take it, or when the
 *  page is being left. */
export async function uploadFile(requests: ObjectRequests, bytes: Uint8Array, options: UploadOptions): Promise<boolean> {
  const announced = await options.attempt((signal) => requests.announce(signal));
  if (!announced?.ok) return false;
  let offset = announced.body.receivedBytes;
  for (let restarts = 0; offset < bytes.length; ) {
    options.onProgress(offset);
    const part = bytes.subarray(offset, offset + options.partBytes);
    const sent = await options.attempt((signal) => requests.append(offset, part, signal));
    if (sent === null) return false;
    if (sent.ok) {
      offset = nextOffset(sent.headers, offset + part.length);
      continue;
    }
    const restart = offsetAfter(sent);
    if (restart === null || restart > bytes.length || ++restarts > maxRestarts) return false;
    offset = restart;
  }
  options.onProgress(bytes.length);
  return true;
}

function nextOffset(headers: Headers, expected: number): number {
  const told = headers.get('upload-offset');
  return told !== null && /^\d+$/.test(told) ? Number(told) : expected;
}

/** Where to go on after a refusal: the offset that the server names, 0 after damage, null when it will not go on. */
function offsetAfter(problem: Problem): number | null {
  if (problem.code === 'attachment-damaged') return 0;
  const offset = problem.extra['offset'];
  return problem.status === 409 && typeof offset === 'number' && Number.isSafeInteger(offset) && offset >= 0 ? offset : null;
}
