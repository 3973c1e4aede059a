// SQLSTATE classes and codes that mean "not now" rather than "never": connection trouble, shutting down or starting,
// too many connections, cancelled by the statement timeout, serialisation failure, deadlock, read-only standby.
const TRANSIENT_STATES = /^(08...|57P0[1-5]|53...|57014|40001|40P01|25006)$/;
const NETWORK_CODES = new Set(['ECONNREFUSED', 'ECONNRESET', 'ENOENT', 'EPIPE', 'ETIMEDOUT', 'ENOTFOUND', 'EAI_AGAIN', 'EHOSTUNREACH']);
// pg and pg-pool give these no code.
const POOL_MESSAGES = /^(Connection terminated|timeout exceeded when trying to connect|Client has encountered a connection error|Cannot use a pool after calling end)/;

/** Whether an error says that the database cannot be used just now, so that the same request may succeed later. */
export function isDatabaseUnavailable(error: unknown): boolean {
  for (let cause = error, depth = 0; cause instanceof Error && depth < 4; cause = cause.cause ?? driverError(cause), depth++) {
    const { code, syscall } = cause as NodeJS.ErrnoException;
    if (typeof code === 'string' && TRANSIENT_STATES.test(code)) return true;
    if (typeof code === 'string' && NETWORK_CODES.has(code) && (syscall === 'connect' || syscall === 'read' || syscall === 'write')) return true;
    if (POOL_MESSAGES.test(cause.message)) return true;
  }
  return false;
}

/** TypeORM wraps the error of the driver. */
function driverError(error: Error): unknown {
  return (error as { driverError?: unknown }).driverError;
}
