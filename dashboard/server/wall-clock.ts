import type { Clock } from '../../lib/timing/clock.js'

/** Time since 1970. @units seconds */
export const wallClock: Clock = () => Date.now() / 1000
