import type { StepSeconds } from '../../lib/timing/step-seconds.js'
import type { GrowingList } from './growing-list.js'

const RECENT = 20

/** For so many steps, by the median of the last ones; null before any. @units seconds */
export const estimateSecondsLeft = ({ items, length }: GrowingList<StepSeconds>, steps: number): number | null => {
  const recent = items
    .slice(Math.max(0, length - RECENT), length)
    .map(({ total }) => total)
    .sort((a, b) => a - b)
  const median = recent[Math.floor(recent.length / 2)]
  return median === undefined ? null : median * Math.max(0, steps)
}
