import type { Clock } from '../lib/timing/clock.js'

/** Time since the process started. */
export const processClock: Clock = () => performance.now() / 1000

/** Time since 1970. */
export const wallClock: Clock = () => Date.now() / 1000

/** Memory of this process. */
export const residentBytes = (): number => process.memoryUsage.rss()
