import type { Estimate } from '../../lib/evaluation/bootstrap.js'
import { formatSigned } from '../format-signed.js'

/** Outcome of a claim. `undecided` means that the interval includes the threshold, or that there are no runs. */
export type Outcome = 'held' | 'not held' | 'undecided'

/** Verdict on a claim, and the figures that decide it. */
export interface Verdict {
  readonly outcome: Outcome
  readonly figures: string
}

/** Outcome of the claim that a figure is above a threshold: its whole interval decides. */
export const isAbove = ({ low, high }: Estimate, threshold: number): Outcome =>
  low > threshold ? 'held' : high < threshold ? 'not held' : 'undecided'

/** Outcome of the claim that a figure is below a threshold. */
export const isBelow = ({ value, low, high }: Estimate, threshold: number): Outcome =>
  isAbove({ value: -value, low: -high, high: -low }, -threshold)

/** Outcome of the claim that a figure is within a distance of 0. */
export const isWithin = (estimate: Estimate, distance: number): Outcome =>
  all([isAbove(estimate, -distance), isBelow(estimate, distance)])

/** Outcome of the claim that all of several claims hold. Without claims it is undecided. */
export const all = (outcomes: readonly Outcome[]): Outcome =>
  outcomes.includes('not held')
    ? 'not held'
    : outcomes.length === 0 || outcomes.includes('undecided')
      ? 'undecided'
      : 'held'

/** Formats an estimate with its interval, which one seed does not have; a dash without runs. */
export const formatEstimate = ({ value, low, high }: Estimate, digits = 3): string =>
  withInterval(value, low, high, (number) => number.toFixed(digits))

/** Formats a difference with its interval, all with their signs; a dash without runs. */
export const formatDifference = ({ value, low, high }: Estimate, digits = 3): string =>
  withInterval(value, low, high, (number) => formatSigned(number, digits))

const withInterval = (value: number, low: number, high: number, format: (number: number) => string): string => {
  if (Number.isNaN(value)) return '–'
  return Number.isNaN(low) ? format(value) : `${format(value)} [${format(low)}, ${format(high)}]`
}
