/**
 * The coalition that this deployment serves. Every row carries its coalition, because that is the key by which a
 * distributed PostgreSQL would shard; migration 0001 makes this one.
 */
export const DEFAULT_COALITION = 1;
