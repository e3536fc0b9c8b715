/** Difference below which rewards are equal, whatever their size: the rounding of sums near 1 is far smaller. @units reward */
const SMALLEST_DIFFERENCE = 1e-12

/**
 * Returns true if all rewards are equal up to rounding, so that the group is degenerate: no response is better than
 * another. One reward, or none, has no variance either.
 *
 *     max r - min r <= tolerance max |r|, or <= 1e-12
 *
 * The default tolerance is the rounding of 32-bit numbers. It is relative, so rewards of any scale give the same answer.
 *
 * @shape rewards_G [G]
 * @units tolerance has no unit
 * @example
 * hasZeroVariance([1, 1, 1]) // true
 */
export const hasZeroVariance = (rewards_G: readonly number[], tolerance = 1e-7): boolean => {
  const [low, high] = [Math.min(...rewards_G), Math.max(...rewards_G)]
  return high - low <= Math.max(SMALLEST_DIFFERENCE, tolerance * Math.max(Math.abs(low), Math.abs(high)))
}

/**
 * Half the distance between the smallest and the largest value: 1 for rewards of -1 and 1. Numbers that stabilise a
 * division are multiplied by it, so that rewards of any scale give the same quotient.
 *
 * @shape values [N]
 */
export const halfRange = (values: readonly number[]): number => (Math.max(...values) - Math.min(...values)) / 2
