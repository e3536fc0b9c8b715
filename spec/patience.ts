/**
 * Longest wait for an event in a spec, long enough for a busy machine. A spec waits for the event itself; only a hang takes so long.
 *
 * @units milliseconds
 */
export const PATIENCE = 120_000
