import type { JudgedGroup } from './estimator.js'
import { hasZeroVariance } from './zero-variance.js'

/** As the sources add it. */
const EPSILON = 1e-8

/**
 * The groups' values, whitened over the batch's tokens: every value counts once per token of its response.
 *
 *     (v - mean v) / sqrt(var v + 1e-8)        var: n / (n - 1), n tokens
 *
 * Equal values are zeros, not the rounding of their mean.
 *
 * @shape groups_P [P] -> one list per group
 */
export const whitened = (groups_P: readonly JudgedGroup[]): readonly (readonly number[])[] => {
  const weighed = groups_P.flatMap(({ rewards_G, tokens_G }) =>
    rewards_G.map((value, g) => ({ value, tokens: tokens_G[g]! })),
  )
  const tokens = weighed.reduce((sum, each) => sum + each.tokens, 0)
  const center = weighed.reduce((sum, each) => sum + each.tokens * each.value, 0) / tokens
  const squares = weighed.reduce((sum, each) => sum + each.tokens * (each.value - center) ** 2, 0)
  const deviation = Math.sqrt(squares / Math.max(1, tokens - 1) + EPSILON)
  const flat = tokens === 0 || hasZeroVariance(weighed.map(({ value }) => value))
  return groups_P.map(({ rewards_G }) => rewards_G.map((value) => (flat ? 0 : (value - center) / deviation)))
}
