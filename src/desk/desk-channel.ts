import type { Tx } from '../platform/database/database.js';

/** Heard by every process that has desks open: something changed, look now and do not wait for the next poll. */
export const DESK_CHANNEL = 'jardam_desk';

/** Tells open desks, at commit. Only for what people do: NOTIFY in every commit of the intake or the tick was measured
 *  to cost 41 to 52 % of the commits. */
export async function announceChange(tx: Tx): Promise<void> {
  await tx.query(`SELECT pg_notify('${DESK_CHANNEL}', '')`);
}
