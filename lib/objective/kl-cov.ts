import { add, maximum, mul, neg, scalar, select, sub } from '../compute/operation/index.js'
import { covariances } from './covariance.js'
import { type BatchUse, batchUse, type Objective } from './objective.js'
import { tokenRatio } from './ratio.js'
import { marksAt } from './without-marked.js'

/** Options of {@link klCov}. */
export interface KlCovOptions extends BatchUse {
  /** Share of the trained tokens that are held, those of highest covariance; at least one. */
  readonly covShare?: number
  readonly covCoefficient?: number
}

/**
 * The policy gradient, with a few tokens of highest covariance held to where they were:
 *
 *     loss = -A ratio, plus covCoefficient |logprob - old logprob| on the top max(1, floor(covShare N)) of N tokens
 *
 * @shape  [B, T] -> [B, T]
 * @source KL-Cov, arXiv:2505.22617 (Entrocraft's released code configures a coefficient of 0.1)
 */
export const klCov = ({ covShare = 2e-4, covCoefficient = 1, ...use }: KlCovOptions = {}): Objective => ({
  name: 'kl-cov',
  ...batchUse(use),
  marks: (minibatch) => {
    const tokens = covariances(minibatch)
    const count = Math.max(1, Math.floor(covShare * tokens.length))
    const held = [...tokens].sort((a, b) => b.value - a.value).slice(0, count)
    return marksAt(
      minibatch,
      held.map(({ place }) => place),
    )
  },
  loss: (inputs) => {
    const ratio_BT = tokenRatio(inputs)
    const moved = sub(inputs.logprobs_BT, inputs.oldLogprobs_BT)
    // The sum of two clamps, not max(moved, -moved): where nothing moved yet, the gradient is 0.
    const distance = add(maximum(moved, scalar(0)), maximum(neg(moved), scalar(0)))
    const held = select(inputs.marked_BT, mul(distance, scalar(covCoefficient)), scalar(0))
    return { loss_BT: add(neg(mul(inputs.advantages_BT, ratio_BT)), held), ratio_BT }
  },
})
