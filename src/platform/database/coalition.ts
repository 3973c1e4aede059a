/**
 * The coalition that a deployment serves by default. Every row carries a coalition_id from the start, because it is
 * the key by which a distributed database would be divided.
 */
export const DEFAULT_COALITION = 1;
