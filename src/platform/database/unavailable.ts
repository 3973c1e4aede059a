// SQLSTATE classes and codes that mean "not now" rather than "never": connection trouble, shutting down or starting,
// too many connections, cancelled by the statement timeout, serialisation failure, deadlock, read-only standby.
const TRANSIENT_STATES = /^(08...|57P0[1-5]|53...|57014|40001|40P01|25006)$/;
const NETWORK_CODES = new Set(['ECONNREFUSED', 'ECONNRESET', 'ENOENT', 'EPIPE', 'ETIMEDOUT', 'ENOTFOUND', 'EAI_AGAIN', 'EHOSTUNREACH']);
const NETWORK_CALLS: ReadonlySet<unknown> = new Set(['connect', 'read', 'write']);
// pg and pg-pool give these no code.
const POOL_MESSAGES = /^(Connection terminated|timeout exceeded when trying to connect|Client has encountered a connection error|Cannot use a pool after calling end)/;

/** Whether an error says that the database cannot be used just now, so that the same request may succeed later. */
export function isDatabaseUnavailable(error: unknown): boolean {
  return chainOf(error).some(({ code, syscall, message }) => {
    if (typeof code === 'string' && TRANSIENT_STATES.test(code)) return true;
    if (typeof code === 'string' && NETWORK_CODES.has(code) && NETWORK_CALLS.has(syscall)) return true;
    return typeof message === 'string' && POOL_MESSAGES.test(message);
  });
}

interface ErrorLike {
  readonly code?: unknown;
  readonly syscall?: unknown;
  readonly message?: unknown;
  readonly cause?: unknown;
  /** TypeORM wraps the error of the driver. */
  readonly driverError?: unknown;
  /** A host name with several addresses fails with all of their errors at once. */
  readonly errors?: unknown;
}

/** An error and what is inside it. By its members and not by instanceof: errors of the runtime may come from another realm. */
function chainOf(error: unknown, depth = 0): ErrorLike[] {
  if (typeof error !== 'object' || error === null || depth > 4) return [];
  const like: ErrorLike = error;
  const inner = [like.cause, like.driverError, ...(Array.isArray(like.errors) ? (like.errors as unknown[]) : [])];
  return [like, ...inner.flatMap((each) => chainOf(each, depth + 1))];
}
