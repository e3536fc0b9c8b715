/** Sum of the values, in their order; 0 for an empty list. */
export const sum = (values: ArrayLike<number>): number => {
  let total = 0
  for (let i = 0; i < values.length; i++) total += values[i]!
  return total
}

/** Arithmetic mean of the values; NaN for an empty list. */
export const mean = (values: ArrayLike<number>): number => sum(values) / values.length

/**
 * Median of the values: the middle one in ascending order, or the mean of the two in the middle; NaN for an empty list.
 *
 * @shape values [N], in any order
 */
export const median = (values: readonly number[]): number => {
  const ascending = values.toSorted((a, b) => a - b)
  return (ascending[Math.ceil(ascending.length / 2) - 1]! + ascending[Math.floor(ascending.length / 2)]!) / 2
}

/**
 * Quantile of the values, interpolated linearly between neighbours; NaN for an empty list.
 *
 * @shape ascending [N], sorted in ascending order; share in [0, 1], where 0.5 is the median
 */
export const quantile = (ascending: ArrayLike<number>, share: number): number => {
  const place = share * (ascending.length - 1)
  const below = ascending[Math.floor(place)]!
  return below + (ascending[Math.ceil(place)]! - below) * (place % 1)
}

/**
 * Sample variance of the values: the sum of squared deviations over N - 1. NaN for fewer than two values.
 *
 * @shape values [N]
 */
export const sampleVariance = (values: readonly number[]): number => squaredDeviations(values) / (values.length - 1)

/**
 * Population variance of the values: the mean of squared deviations. NaN for an empty list.
 *
 * @shape values [N]
 */
export const populationVariance = (values: readonly number[]): number => squaredDeviations(values) / values.length

const squaredDeviations = (values: readonly number[]): number => {
  const center = mean(values)
  return values.reduce((total, value) => total + (value - center) ** 2, 0)
}
