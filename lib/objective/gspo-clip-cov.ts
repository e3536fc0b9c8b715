import { covarianceMarks, type ClipCovOptions, type LogRatio, tokenLogRatio } from './clip-cov.js'
import { gspo, LARGEST_LOG_RATIO } from './gspo.js'
import { trainedMean } from './minibatch.js'
import type { Objective } from './objective.js'
import { withoutMarked } from './without-marked.js'

/**
 * GSPO that takes the gradient of a few random tokens whose covariance is high, as Clip-Cov does; the ratio that decides
 * what is clipped already is the sequence's.
 *
 * @shape  [B, T] -> [B, T]
 * @source lblaoke/entrocraft; GSPO, arXiv:2507.18071; Clip-Cov, arXiv:2505.22617
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
    covarianceMarks({ covRatio, covLow, covHigh }, { clipLow, clipHigh }, sequenceLogRatio),
  )

const sequenceLogRatio: LogRatio = (minibatch) => {
  const { batch, rows: members } = minibatch
  const means = new Map(
    members.map((member) => {
      const mean = trainedMean(batch, member, tokenLogRatio(minibatch))
      return [member, Math.min(mean, LARGEST_LOG_RATIO)] as const
    }),
  )
  return (place) => means.get(Math.floor(place / batch.width))!
}
