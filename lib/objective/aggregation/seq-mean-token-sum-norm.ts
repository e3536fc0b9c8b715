import type { Aggregation } from './aggregation.js'

/**
 * Mean over responses of each one's token sum, divided by a constant: no response's length changes the weight of
 * another's tokens. Dr. GRPO, with the longest completion allowed.
 *
 * @errors RangeError for what is no positive number
 */
export const seqMeanTokenSumNorm = (norm: number): Aggregation => {
  if (!(norm > 0)) throw new RangeError(`norm: found ${norm}, expected a number > 0`)
  return ({ rows: members }) =>
    () =>
      1 / (members.length * norm)
}
