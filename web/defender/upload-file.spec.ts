import { describe, expect, it } from '@jest/globals';
import type { Problem, Result } from '../common/api.js';
import { uploadFile, type ObjectRequests } from './upload-file.js';

const file = Uint8Array.from({ length: 1_000 }, (_, i) => i % 251);
const problem = (code: string, status: number, extra: Record<string, unknown> = {}): Problem => ({ ok: false, status, code, extra });

/** A server that keeps what it is given, the way the service does. */
class Server implements ObjectRequests {
  received: number[] = [];
  readonly offsets: number[] = [];
  /** Refusals to give instead of taking the next parts. */
  readonly refusals: Problem[] = [];

  announce(): Promise<Result<{ receivedBytes: number }>> {
    return Promise.resolve({ ok: true, status: 201, body: { receivedBytes: this.received.length }, headers: new Headers() });
  }

  append(offset: number, part: Uint8Array): Promise<Result<null>> {
    this.offsets.push(offset);
    const refusal = this.refusals.shift();
    if (refusal) {
      if (refusal.code === 'attachment-damaged') this.received = [];
      return Promise.resolve(refusal);
    }
    if (offset !== this.received.length) return Promise.resolve(problem('wrong-offset', 409, { offset: this.received.length }));
    this.received.push(...part);
    return Promise.resolve({ ok: true, status: 204, body: null, headers: new Headers({ 'upload-offset': String(this.received.length) }) });
  }
}

const upload = (server: ObjectRequests, seen: number[] = []): Promise<boolean> =>
  uploadFile(server, file, {
    partBytes: 300,
    attempt: (send) => send(new AbortController().signal),
    onProgress: (bytes) => seen.push(bytes),
  });

describe('uploading a file', () => {
  it('sends it in parts and tells how far it has come', async () => {
    const [server, seen] = [new Server(), [] as number[]];
    expect(await upload(server, seen)).toBe(true);
    expect(server.received).toEqual([...file]);
    expect(seen).toEqual([0, 300, 600, 900, 1_000]);
  });

  it('goes on where the server stands after a broken line, and sends nothing twice', async () => {
    const server = new Server();
    server.received = [...file.subarray(0, 600)];
    expect(await upload(server)).toBe(true);
    expect(server.offsets).toEqual([600, 900]);
    expect(server.received).toEqual([...file]);
  });

  it('has nothing to send when the file had already arrived', async () => {
    const server = new Server();
    server.received = [...file];
    expect(await upload(server)).toBe(true);
    expect(server.offsets).toEqual([]);
  });

  it('believes the server about the offset when both disagree', async () => {
    const server = new Server();
    // The part arrived and only its answer was lost.
    server.refusals.push(problem('wrong-offset', 409, { offset: 0 }));
    expect(await upload(server)).toBe(true);
    expect(server.received).toEqual([...file]);
  });

  it('begins again after damage, but not for ever', async () => {
    const once = new Server();
    once.refusals.push(problem('attachment-damaged', 422));
    expect(await upload(once)).toBe(true);
    const always = new Server();
    always.refusals.push(...Array.from({ length: 20 }, () => problem('attachment-damaged', 422)));
    expect(await upload(always)).toBe(false);
    expect(always.offsets.length).toBe(4);
  });

  it('gives up when the server will not take it, or names an offset that cannot be', async () => {
    const refusing = new Server();
    refusing.refusals.push(problem('attachment-too-large', 413));
    expect(await upload(refusing)).toBe(false);
    const lying = new Server();
    lying.refusals.push(problem('wrong-offset', 409, { offset: 5_000 }));
    expect(await upload(lying)).toBe(false);
  });
});
