import type { Statement, Rows } from '../database/database.js';

interface CanQuery {
  query<R extends { now: Date }>(statement: Statement): Promise<Rows<R>>;
}

const READ_CLOCK = { name: 'clock-now', text: 'SELECT now() AS now' };

/**
 * The time that decisions are made by: the database's clock. Instances on several machines disagree about the time,
 * and a deadline must not depend on which of them looks.
 *
 * In a transaction this is the time of its start, as everywhere else in that transaction.
 */
export async function databaseNow(on: CanQuery): Promise<Date> {
  const { rows } = await on.query<{ now: Date }>(READ_CLOCK);
  const now = rows[0]?.now;
  if (!now) throw new Error('the database did not tell the time');
  return now;
}
