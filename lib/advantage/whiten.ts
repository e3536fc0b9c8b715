import type { GroupRewards } from './estimator.js'
import { halfRange, hasZeroVariance } from './zero-variance.js'

/** Number added to the variance of rewards of -1 and 1, as in verl and in the code of REINFORCE++. */
const EPSILON = 1e-8

/**
 * Normalises values to mean 0 and variance 1 over the tokens of a batch: each value counts once per token of its response.
 *
 *     (v - mean v) / sqrt(var v + 1e-8 s^2)        var: sample, n - 1, over n tokens
 *
 * `scale` is s, half the range of the rewards that the values come from; verl has s = 1. With it, rewards of any scale give
 * the same result. Values that are equal up to rounding become exactly 0, because the rounding error of their mean would
 * otherwise be scaled up.
 *
 * @shape groups_P [P]  ->  one list per group
 */
export const whiten = (groups_P: readonly GroupRewards[], scale: number): readonly (readonly number[])[] => {
  const values = groups_P.flatMap(({ rewards_G, tokens_G }) =>
    rewards_G.map((value, g) => ({ value, tokens: tokens_G[g]! })),
  )
  const count = values.reduce((sum, { tokens }) => sum + tokens, 0)
  const center = values.reduce((sum, { tokens, value }) => sum + tokens * value, 0) / count
  const squares = values.reduce((sum, { tokens, value }) => sum + tokens * (value - center) ** 2, 0)
  const deviation = Math.sqrt(squares / Math.max(1, count - 1) + EPSILON * scale ** 2)
  const isFlat = count === 0 || hasZeroVariance(values.map(({ value }) => value))
  return groups_P.map(({ rewards_G }) => rewards_G.map((value) => (isFlat ? 0 : (value - center) / deviation)))
}

/** Half the range of all rewards of a batch. */
export const rewardScale = (groups_P: readonly GroupRewards[]): number =>
  halfRange(groups_P.flatMap(({ rewards_G }) => rewards_G))
