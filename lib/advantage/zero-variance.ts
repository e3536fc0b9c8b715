/** True where all rewards are equal up to a tolerance: no response is better than another. One reward, or none, is. */
export const hasZeroVariance = (rewards_G: readonly number[], tolerance = 1e-8): boolean =>
  Math.max(...rewards_G) - Math.min(...rewards_G) <= tolerance
