import type { Clock } from './clock.js'

/** Time since 1970, for what other processes and people read. No decision of a run depends on it. @units seconds */
// eslint-disable-next-line no-restricted-properties -- a lock and a log tell the time of the machine
export const wallClock: Clock = () => Date.now() / 1000
