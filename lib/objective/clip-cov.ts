import { type Covariance, covariances } from './covariance.js'
import type { Minibatch } from './minibatch.js'
import type { Objective } from './objective.js'
import { type ClipOptions, ppoClip } from './ppo-clip.js'
import { marksAt, withoutMarked } from './without-marked.js'

/** Which tokens of high covariance lose their gradient. */
export interface CovarianceClip {
  /** Most of them, as a share of the trained tokens; at least one. */
  readonly covRatio?: number
  /** Only those with a covariance in (covLow, covHigh). */
  readonly covLow?: number
  readonly covHigh?: number
}

/** Options of {@link clipCov}. */
export interface ClipCovOptions extends ClipOptions, CovarianceClip {}

/**
 * PPO-clip that takes the gradient of a few random tokens whose covariance is high:
 *
 *     eligible: covLow < cov_t < covHigh, and not clipped already
 *     of N trained tokens, min(eligible, max(1, floor(covRatio N))) drawn at random have loss 0
 *
 * They stay in the averages.
 *
 * @shape  [B, T] -> [B, T]
 * @source Clip-Cov, arXiv:2505.22617 (its run clipped at 1 / 1)
 */
export const clipCov = ({
  clipLow = 1,
  clipHigh = 1,
  covRatio = 2e-4,
  covLow = 1,
  covHigh = 5,
  ...use
}: ClipCovOptions = {}): Objective =>
  withoutMarked(
    'clip-cov',
    ppoClip({ ...use, clipLow, clipHigh, dualClip: null }),
    covarianceMarks({ covRatio, covLow, covHigh }, { clipLow, clipHigh }, tokenLogRatio),
  )

/** Log of the ratio that an objective clips, for one place of the batch. */
export type LogRatio = (minibatch: Minibatch) => (place: number) => number

export const tokenLogRatio: LogRatio =
  ({ batch, scores }) =>
  (place) =>
    scores.logprobs_BT[place]! - batch.scores.logprobs_BT[place]!

/** The tokens that lose their gradient, drawn by the minibatch's key. */
export const covarianceMarks =
  (
    { covRatio, covLow, covHigh }: Required<CovarianceClip>,
    clip: { readonly clipLow: number; readonly clipHigh: number },
    logRatio: LogRatio,
  ) =>
  (minibatch: Minibatch): Uint8Array => {
    // A controller may have moved the clip of this batch.
    const { clipLow = clip.clipLow, clipHigh = clip.clipHigh } = minibatch.batch.controlled?.scalars ?? {}
    const logRatioAt = logRatio(minibatch)
    const clipped = ({ place, advantage }: Covariance) => {
      const ratio = Math.exp(logRatioAt(place))
      return advantage > 0 ? ratio > 1 + clipHigh : advantage < 0 && ratio < 1 - clipLow
    }
    const tokens = covariances(minibatch)
    const eligible = tokens.filter((token) => covLow < token.value && token.value < covHigh && !clipped(token))
    const count = Math.min(eligible.length, Math.max(1, Math.floor(covRatio * tokens.length)))
    const drawn = eligible
      .map(({ place }, i) => ({ place, order: minibatch.draw(i) }))
      .sort((a, b) => a.order - b.order)
      .slice(0, count)
    return marksAt(
      minibatch,
      drawn.map(({ place }) => place),
    )
  }
