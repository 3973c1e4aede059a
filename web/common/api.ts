// HTTP as the pages see it: every request ends in a value, never in an exception. Refusals of the service are
// problem details (RFC 9457); a line that is cut, or an answer that is not ours, become problems of the same shape.

/** Why a request did not succeed. `code` is the service's own, or one of the four that start with "line-". */
export interface Problem {
  readonly ok: false;
  /** HTTP status; 0 when there was no answer. */
  readonly status: number;
  readonly code: string;
  /** Milliseconds after which the service asks to be tried again. */
  readonly retryAfterMs?: number;
  /** Members beside type, title, status, detail. */
  readonly extra: Readonly<Record<string, unknown>>;
}

export interface Answer<T> {
  readonly ok: true;
  readonly status: number;
  readonly body: T;
  readonly headers: Headers;
}

export type Result<T> = Answer<T> | Problem;

export interface RequestOptions {
  /** An object is sent as JSON, bytes as they are. */
  readonly body?: object | Uint8Array;
  readonly contentType?: string;
  /** Bearer token. */
  readonly token?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly timeoutMs?: number;
  readonly signal?: AbortSignal;
}

/** 23 kB over a bad 2G line take about 15 s, and TLS before it as long again. */
const defaultTimeoutMs = 45_000;

const apiPrefix = '/api/v1';

async function send(method: string, path: string, options: RequestOptions): Promise<Answer<Response> | Problem> {
  const headers = new Headers(options.headers);
  headers.set('accept', 'application/json, application/octet-stream');
  if (options.token !== undefined) headers.set('authorization', `Bearer ${options.token}`);
  let body: BodyInit | null = null;
  if (options.body instanceof Uint8Array) {
    headers.set('content-type', options.contentType ?? 'application/octet-stream');
    body = options.body as Uint8Array<ArrayBuffer>;
  } else if (options.body !== undefined) {
    headers.set('content-type', options.contentType ?? 'application/json');
    body = JSON.stringify(options.body);
  }
  // Not AbortSignal.timeout/any: the old phones that need the page most have neither.
  const abort = new AbortController();
  const timer = setTimeout(() => abort.abort('timeout'), options.timeoutMs ?? defaultTimeoutMs);
  const cancel = (): void => abort.abort('cancelled');
  options.signal?.addEventListener('abort', cancel);
  if (options.signal?.aborted) cancel();
  try {
    const response = await fetch(apiPrefix + path, {
      method,
      headers,
      body,
      signal: abort.signal,
      // No cookie, no cache, no referrer, no redirect: each would say more than the request needs.
      credentials: 'omit',
      cache: 'no-store',
      referrerPolicy: 'no-referrer',
      redirect: 'error',
    });
    // The body is read under the same deadline: a line may be cut in the middle of an answer.
    const bytes = response.status === 204 ? null : await response.arrayBuffer();
    const whole = new Response(bytes, { status: response.status, headers: response.headers });
    return { ok: true, status: response.status, body: whole, headers: response.headers };
  } catch {
    const code = !abort.signal.aborted ? 'line-cut' : abort.signal.reason === 'timeout' ? 'line-timeout' : 'line-cancelled';
    return { ok: false, status: 0, code, extra: {} };
  } finally {
    clearTimeout(timer);
    options.signal?.removeEventListener('abort', cancel);
  }
}

/** Reads a problem document. Anything else with an error status (a proxy's page) becomes 'line-foreign'. */
export async function readProblem(response: Response): Promise<Problem> {
  const after = Number(response.headers.get('retry-after'));
  const retry = Number.isFinite(after) && after > 0 ? { retryAfterMs: after * 1000 } : {};
  let json: unknown;
  try {
    json = await response.json();
  } catch {
    json = null;
  }
  const { type, title, status, detail, instance, code, ...extra } = (
    typeof json === 'object' && json !== null ? json : {}
  ) as Record<string, unknown>;
  void [title, status, detail, instance];
  const slug = typeof type === 'string' ? /^urn:jardam:problem:([a-z0-9-]+)$/.exec(type)?.[1] : undefined;
  return {
    ok: false,
    status: response.status,
    code: typeof code === 'string' ? code : (slug ?? 'line-foreign'),
    ...retry,
    extra,
  };
}

async function receive<T>(
  method: string,
  path: string,
  options: RequestOptions,
  read: (response: Response) => Promise<T>,
): Promise<Result<T>> {
  const answer = await send(method, path, options);
  if (!answer.ok) return answer;
  if (answer.status < 200 || answer.status > 299) return readProblem(answer.body);
  try {
    return { ...answer, body: await read(answer.body) };
  } catch {
    return { ok: false, status: answer.status, code: 'line-foreign', extra: {} };
  }
}

/** A request whose answer is JSON. The caller checks the shape of what it relies on. */
export function requestJson<T>(method: string, path: string, options: RequestOptions = {}): Promise<Result<T>> {
  return receive(method, path, options, async (response) => (await response.json()) as T);
}

/** A request whose answer is bytes. */
export function requestBytes(method: string, path: string, options: RequestOptions = {}): Promise<Result<Uint8Array>> {
  return receive(method, path, options, async (response) => new Uint8Array(await response.arrayBuffer()));
}

/** A request whose answer has no body that matters. */
export function requestDone(method: string, path: string, options: RequestOptions = {}): Promise<Result<null>> {
  return receive(method, path, options, () => Promise.resolve(null));
}

/** Whether trying the same request again later may help: no answer, a busy or broken server; never a refusal. */
export function worthRetrying(problem: Problem): boolean {
  return problem.status === 0 || problem.status === 408 || problem.status === 425 || problem.status >= 500 ||
    problem.code === 'line-foreign';
}
