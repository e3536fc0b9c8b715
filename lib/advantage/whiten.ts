import type { GroupRewards } from './estimator.js'
import { hasZeroVariance } from './zero-variance.js'

/** Number added to the variance, as in verl and in the code of REINFORCE++. */
const EPSILON = 1e-8

/**
 * Normalises values to mean 0 and variance 1 over the tokens of a batch: each value counts once per token of its response.
 *
 *     (v - mean v) / sqrt(var v + 1e-8)        var: sample, n - 1, over n tokens
 *
 * Equal values become exactly 0, because the rounding error of their mean would otherwise be scaled up.
 *
 * @shape groups_P [P]  ->  one list per group
 */
export const whiten = (groups_P: readonly GroupRewards[]): readonly (readonly number[])[] => {
  const values = groups_P.flatMap(({ rewards_G, tokens_G }) =>
    rewards_G.map((value, g) => ({ value, tokens: tokens_G[g]! })),
  )
  const count = values.reduce((sum, { tokens }) => sum + tokens, 0)
  const center = values.reduce((sum, { tokens, value }) => sum + tokens * value, 0) / count
  const squares = values.reduce((sum, { tokens, value }) => sum + tokens * (value - center) ** 2, 0)
  const deviation = Math.sqrt(squares / Math.max(1, count - 1) + EPSILON)
  const isFlat = count === 0 || hasZeroVariance(values.map(({ value }) => value))
  return groups_P.map(({ rewards_G }) => rewards_G.map((value) => (isFlat ? 0 : (value - center) / deviation)))
}
