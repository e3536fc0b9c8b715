import { mean, sampleVariance } from '../statistics.js'

/** A number, or null if it was not measured. */
export type Measured = number | null

/** Returns whether a value was measured. */
export const isMeasured = (value: Measured | undefined): value is number => value !== null && value !== undefined

/** Number of steps on either side that a smoothed value includes. */
const REACH = 4

/**
 * Smooths a series: each value becomes the average of the nine values around it, and of fewer at the ends and around
 * missing values. A missing value stays missing.
 * `middle` computes the average [mean].
 *
 * @shape values [T] -> [T]
 */
export const smooth = (
  values: readonly Measured[],
  middle: (values: readonly number[]) => number = mean,
): readonly Measured[] =>
  values.map((value, i) =>
    value === null ? null : middle(values.slice(Math.max(0, i - REACH), i + REACH + 1).filter(isMeasured)),
  )

/**
 * Returns the mean and its standard error; the error of a single value is null.
 *
 *     error = s / sqrt(n)        s: sample standard deviation, n - 1
 *
 * @shape values [N], N >= 1
 */
export const meanWithError = (values: readonly number[]): { readonly mean: number; readonly error: Measured } => {
  const n = values.length
  return { mean: mean(values), error: n < 2 ? null : Math.sqrt(sampleVariance(values) / n) }
}

/**
 * Fits a straight line by least squares; null if x does not vary.
 *
 *     y = intercept + slope x
 */
export const leastSquares = (
  points: readonly { readonly x: number; readonly y: number }[],
): { readonly slope: number; readonly intercept: number } | null => {
  if (points.length === 0) return null
  const [x0, y0] = [mean(points.map(({ x }) => x)), mean(points.map(({ y }) => y))]
  const spread = points.reduce((sum, { x }) => sum + (x - x0) ** 2, 0)
  if (spread === 0) return null
  const slope = points.reduce((sum, { x, y }) => sum + (x - x0) * (y - y0), 0) / spread
  return { slope, intercept: y0 - slope * x0 }
}
