import type { StepSeconds } from '../../lib/timing/step-seconds.js'
import type { GrowingList } from './growing-list.js'

/** Finished steps whose times are used. */
const RECENT = 20

/** Estimates the time of `steps` steps from the median of the last ones; null before the first step. @units seconds */
export const estimateSecondsLeft = ({ items, length }: GrowingList<StepSeconds>, steps: number): number | null => {
  const recent = items
    .slice(Math.max(0, length - RECENT), length)
    .map(({ total }) => total)
    .sort((a, b) => a - b)
  const median = recent[Math.floor(recent.length / 2)]
  return median === undefined ? null : median * Math.max(0, steps)
}
