/**
 * Returns true if all rewards are equal up to a tolerance, so that the group is degenerate: no response is better than
 * another. One reward, or none, has no variance either.
 *
 * @shape rewards_G [G]
 * @units tolerance in reward
 * @example
 * hasZeroVariance([1, 1, 1]) // true
 */
export const hasZeroVariance = (rewards_G: readonly number[], tolerance = 1e-8): boolean =>
  Math.max(...rewards_G) - Math.min(...rewards_G) <= tolerance
