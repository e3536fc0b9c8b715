import { mean, sampleVariance } from '../statistics.js'

/** A number, or null where there was nothing to measure. */
export type Measured = number | null

export const isMeasured = (value: Measured | undefined): value is number => value !== null && value !== undefined

/** Steps on either side that a smoothed value looks at. */
const REACH = 4

/**
 * The mean, or what `middle` says, of the nine values around each, of fewer at the ends and around gaps; a gap stays one.
 *
 * @shape values [T] -> [T]
 */
export const smoothed = (
  values: readonly Measured[],
  middle: (values: readonly number[]) => number = mean,
): readonly Measured[] =>
  values.map((value, i) =>
    value === null ? null : middle(values.slice(Math.max(0, i - REACH), i + REACH + 1).filter(isMeasured)),
  )

/**
 * The mean, and how far off it may be; of one value alone nobody can say.
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
 * The straight line of least squares; null where x does not vary.
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
