import type { Range } from './axis-limits.js'

/** Number of shown steps from which on the noise of a line would hide what is behind it. */
export const LONG = 600

/** Share of the shown steps in each mean of a trend. */
const SHARE = 0.01

/** Returns the number of steps whose mean the trend shows if a chart shows `steps` steps; 1 means that there is no trend. */
export const trendWidth = (steps: number): number => (steps < LONG ? 1 : 2 * Math.floor((SHARE * steps) / 2) + 1)

/**
 * Returns the mean of the `width` numbers around each number of a column. Numbers outside `range` are left out. A gap stays.
 *
 * @shape column [T] -> [T]
 */
export const trendOf = (
  column: readonly (number | null)[],
  width: number,
  [low, high]: Range,
): readonly (number | null)[] => {
  const [sums, counts] = [new Float64Array(column.length + 1), new Float64Array(column.length + 1)]
  column.forEach((number, i) => {
    const isIn = number !== null && number >= low && number <= high
    sums[i + 1] = sums[i]! + (isIn ? number : 0)
    counts[i + 1] = counts[i]! + (isIn ? 1 : 0)
  })
  const reach = (width - 1) / 2
  return column.map((number, i) => {
    const [from, to] = [Math.max(0, i - reach), Math.min(column.length, i + reach + 1)]
    const count = counts[to]! - counts[from]!
    return number === null || count === 0 ? number : (sums[to]! - sums[from]!) / count
  })
}
