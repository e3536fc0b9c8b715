import { checked } from '../option.js'
import { covarianceMarks, type ClipCovOptions, type LogRatio, tokenLogRatio, covarianceRules } from './clip-cov.js'
import { gspo, LARGEST_LOG_RATIO } from './gspo.js'
import { rowOf, trainedMean } from './minibatch.js'
import type { Objective } from './objective.js'
import { withoutMarked } from './without-marked.js'

/**
 * Objective GSPO with Clip-Cov: GSPO without the gradient of a few random tokens of high covariance.
 *
 *     eligible: covLow < cov_t < covHigh, and the ratio of the sequence is not clipped already
 *     of N trained tokens, min(eligible, max(1, floor(covRatio N))) chosen at random have loss 0
 *
 * @shape  [B, T]  ->  [B, T]
 * @errors RangeError if the options of the batch use are invalid, see {@link batchUse}
 * @source lblaoke/entrocraft; GSPO, arXiv:2507.18071; Clip-Cov, arXiv:2505.22617
 * @example
 * trainingPipeline({ estimator: grpo(), objective: gspoClipCov({ minibatches: 4 }) })
 */
export const gspoClipCov = ({
  clipLow = 0.2,
  clipHigh = 0.2,
  covRatio = 2e-4,
  covLow = 1,
  covHigh = 5,
  ...use
}: ClipCovOptions = {}): Objective =>
  withoutMarked(
    'gspo-clip-cov',
    gspo({ ...use, clipLow, clipHigh }),
    covarianceMarks(checked({ covRatio, covLow, covHigh }, covarianceRules), { clipLow, clipHigh }, sequenceLogRatio),
  )

/** Log ratio of the sequence that a token belongs to: the mean over its trained tokens, at most 10. @units nats */
const sequenceLogRatio: LogRatio = (minibatch) => {
  const { batch, rows } = minibatch
  const means = new Map(
    rows.map((row) => {
      const mean = trainedMean(batch, row, tokenLogRatio(minibatch))
      return [row, Math.min(mean, LARGEST_LOG_RATIO)] as const
    }),
  )
  return (place) => means.get(rowOf(batch, place))!
}
