import { estimateSecondsLeft as estimate } from '../../lib/run/history.js'
import type { StepSeconds } from '../../lib/timing/step-seconds.js'
import type { GrowingList } from './growing-list.js'

/** Number of latest steps that are read; the estimate leaves out the first of them. */
const READ = 21

/** Estimates the time of `steps` steps from the latest ones; null until enough steps have ended. @units seconds */
export const estimateSecondsLeft = ({ items, length }: GrowingList<StepSeconds>, steps: number): number | null =>
  estimate(
    items.slice(Math.max(0, length - READ), length).map(({ total }) => total),
    steps,
  )
