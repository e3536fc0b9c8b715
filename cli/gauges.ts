import type { Clock } from '../lib/timing/clock.js'

/** Time since the process started. @units seconds */
export const processClock: Clock = () => performance.now() / 1000

/** Resident memory of this process. @units bytes */
export const residentBytes = (): number => process.memoryUsage.rss()
