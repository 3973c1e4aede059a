// Every limit of the desk, with its unit at the end of its name.

/** Between asking for a challenge and signing it lies one key derivation on an old phone; two minutes are plenty. */
export const challengeLifetimeMs = 2 * 60_000;

/** One shift. After it the key is asked for again, whatever the page does. */
export const sessionLifetimeMs = 12 * 3_600_000;
/** Counted from the last request; an open event stream counts as one, so that a person who waits for alerts with the
 *  queue on the screen is not signed out. What dies is the session of a page that was closed or a machine asleep. */
export const sessionIdleMs = 30 * 60_000;
/** How exactly the last use is kept: a write for every request would cost more than the request. */
export const sessionTouchMs = 60_000;
/** Older sessions of the same person end when one more is opened. */
export const maxSessionsPerResponder = 10;

/** A vault has about 200 bytes; the server cannot open it and only keeps it from becoming a store of anything else. */
export const maxVaultBytes = 4_096;
export const maxContactsPerEnrolment = 5;
/** Addresses and devices that one person may have. */
export const maxOwnContacts = 10;
/** RFC 5321: 254 is the longest address that can be delivered to. */
export const maxAddressLength = 254;
export const maxPgpKeyLength = 64 * 1_024;

/** Rows of one answer; the rest is said to exist. */
export const queueLimit = 500;
export const closedLimit = 200;

/** Replies and notes on one alert, all people together. */
export const maxTeamMessages = 1_000;

/** How often an open stream looks for itself; NOTIFY only makes it look sooner. */
export const streamPollMs = 2_000;
/** Several hints within this time are answered by one look. */
export const streamDebounceMs = 50;
export const streamPingMs = 15_000;
/** Proxies and sockets hold this much for a reader that is too slow; then the stream is ended and the page asks again. */
export const streamBufferBytes = 64 * 1_024;

export const maxStreamsPerSession = 4;

export const purgeIntervalMs = 60_000;
