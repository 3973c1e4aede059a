import pg from 'pg';
import type { Connector } from './client.js';

/** The role without rights to alter tables, as which the service works. Migration 0001 makes it. */
export const APPLICATION_ROLE = 'jardam_app';

const INT8_OID = 20;
const TIMESTAMPTZ_OID = 1184;
// SQLSTATE invalid_parameter_value and insufficient_privilege.
const ROLE_IS_MISSING = '22023';
const MAY_NOT_SWITCH = '42501';

/**
 * Reads bigint columns and count(*) as numbers. pg's default is a string, and "9" > "10" has lost alerts elsewhere.
 * A value beyond 2^53 throws instead of being rounded; no counter or millisecond time of ours comes near it.
 */
export const columnTypes = {
  getTypeParser(oid: number, format?: 'text' | 'binary'): (value: string) => unknown {
    if (oid === INT8_OID && format !== 'binary') return parseInt8;
    if (oid === TIMESTAMPTZ_OID && format !== 'binary') return parseTimestamptz;
    return pg.types.getTypeParser(oid, format ?? 'text') as (value: string) => unknown;
  },
};

function parseInt8(text: string): number {
  const value = Number(text);
  if (!Number.isSafeInteger(value)) throw new RangeError('a bigint from the database does not fit a safe integer');
  return value;
}

const parseAnyTimestamptz = pg.types.getTypeParser(TIMESTAMPTZ_OID, 'text') as (text: string) => unknown;

/**
 * Our sessions run in UTC, so a time reads 2026-01-31 23:59:59.123456+00, which the engine's own reader takes for a
 * tenth of what pg's pattern costs: the tick reads three times for each of 500 alerts. Everything else (years beyond
 * 9999 or before Christ, infinity, other zones) goes to pg's reader. Both cut off microseconds.
 */
export function parseTimestamptz(text: string): unknown {
  if (text.charCodeAt(4) !== 0x2d || !text.endsWith('+00')) return parseAnyTimestamptz(text);
  return new Date(`${text.slice(0, 10)}T${text.slice(11, -3)}Z`);
}

/** Startup options of a session: role and time limits hold from the first statement, for every pooled connection. */
export function sessionOptions(settings: Readonly<Record<string, string | number>>): string {
  return Object.entries(settings)
    .map(([name, value]) => `-c ${name}=${String(value).replace(/([\\ ])/g, '\\$1')}`)
    .join(' ');
}

/**
 * Whether the application role exists and this login may switch to it. Not so before the first migration, and on
 * servers where the operator has given a single login of their own with the rights they see fit.
 */
export async function canUseApplicationRole(connector: Connector): Promise<boolean> {
  const client = connector.client({ connectionTimeoutMillis: 5_000 });
  client.on('error', () => undefined);
  try {
    await client.connect();
    // Tried, not looked up: what membership allows differs between PostgreSQL 15 and 16.
    await client.query(`SET ROLE ${APPLICATION_ROLE}`);
    return true;
  } catch (error) {
    const { code } = error as { code?: unknown };
    if (code === ROLE_IS_MISSING || code === MAY_NOT_SWITCH) return false;
    throw error;
  } finally {
    await client.end().catch(() => undefined);
  }
}
