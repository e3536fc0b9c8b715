import { covarianceMarks, type ClipCovOptions, type LogRatio } from './clip-cov.js'
import { gspo, LARGEST_LOG_RATIO } from './gspo.js'
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

const sequenceLogRatio: LogRatio = ({ batch, members, scores }) => {
  const { width, mask_BT } = batch
  const means = new Map(
    members.map((member) => {
      let [sum, tokens] = [0, 0]
      for (let i = member * width; i < (member + 1) * width; i++) {
        if (mask_BT[i] !== 1) continue
        sum += scores.logprobs_BT[i]! - batch.scores.logprobs_BT[i]!
        tokens++
      }
      return [member, Math.min(sum / tokens, LARGEST_LOG_RATIO)] as const
    }),
  )
  return (place) => means.get(Math.floor(place / width))!
}
