import { checked, fraction, nonNegative } from '../option.js'
import { add, maximum, mul, neg, scalar, select, sub } from '../compute/operation/index.js'
import { covariances } from './covariance.js'
import { type BatchUse, batchUse, type Objective } from './objective.js'
import { tokenRatio } from './ratio.js'
import { marksAt } from './without-marked.js'

/** Options of {@link klCov}. */
export interface KlCovOptions extends BatchUse {
  /** Share of the trained tokens that have the penalty, those of highest covariance; at least one token. */
  readonly covShare?: number
  /** Coefficient of the penalty. @units 1 / nats */
  readonly covCoefficient?: number
}

/**
 * Objective KL-Cov: policy gradient with a penalty on the distance that the tokens of highest covariance move.
 *
 *     loss = -A ratio, plus covCoefficient |logprob - old logprob| on the top max(1, floor(covShare N)) of N tokens
 *
 * @shape  [B, T]  ->  [B, T]
 * @errors RangeError if the options of the batch use are invalid, see {@link batchUse}
 * @source KL-Cov, arXiv:2505.22617 (Entrocraft's released code configures a coefficient of 0.1)
 * @example
 * trainingPipeline({ estimator: grpo(), objective: klCov({ covShare: 2e-3, minibatches: 4 }) })
 */
export const klCov = ({ covShare = 2e-4, covCoefficient = 1, ...use }: KlCovOptions = {}): Objective => ({
  name: 'kl-cov',
  ...batchUse(checked({ covShare, covCoefficient, ...use }, { covShare: fraction, covCoefficient: nonNegative })),
  marks: (minibatch) => {
    const tokens = covariances(minibatch)
    const count = Math.max(1, Math.floor(covShare * tokens.length))
    const highest = [...tokens].sort((a, b) => b.value - a.value).slice(0, count)
    return marksAt(
      minibatch,
      highest.map(({ place }) => place),
    )
  },
  loss: (inputs) => {
    const ratio_BT = tokenRatio(inputs)
    const logRatio = sub(inputs.logprobs_BT, inputs.oldLogprobs_BT)
    // The sum of two maxima instead of max(x, -x), so that the gradient is 0 at a log ratio of 0.
    const distance = add(maximum(logRatio, scalar(0)), maximum(neg(logRatio), scalar(0)))
    const penalty = select(inputs.marked_BT, mul(distance, scalar(covCoefficient)), scalar(0))
    return { loss_BT: add(neg(mul(inputs.advantages_BT, ratio_BT)), penalty), ratio_BT }
  },
})
