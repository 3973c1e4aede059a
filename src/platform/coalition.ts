/**
 * The coalition that this deployment serves. Every row carries its coalition, because that is the key by which a
 * distributed PostgreSQL would shard; migration 0001 makes this one.
 */
export const DEFAULT_COALITION = 1;

/** The role, as the roster names it, of people who plan the shifts of their organisation. */
export const COORDINATOR_ROLE = 'coordinator';
