import { scoredLogprobs_BT } from '../batch/score-temperature.js'
import { checked, finite, fraction } from '../option.js'
import { type Covariance, covariances } from './covariance.js'
import type { Minibatch } from './minibatch.js'
import type { Objective } from './objective.js'
import { type ClipOptions, ppoClip } from './ppo-clip.js'
import { marksAt, withoutMarked } from './without-marked.js'

/** Options that select the tokens of high covariance that lose their gradient. */
export interface CovarianceClip {
  /** Largest share of the trained tokens that lose their gradient; at least one token may. */
  readonly covRatio?: number
  /** Only tokens of a covariance above this number are selected. @units nats times advantage */
  readonly covLow?: number
  /** Only tokens of a covariance below this number are selected. @units nats times advantage */
  readonly covHigh?: number
}

/** Options of {@link clipCov}. */
export interface ClipCovOptions extends ClipOptions, CovarianceClip {}

/** Rules of the options that select tokens by covariance. */
export const covarianceRules = { covRatio: fraction, covLow: finite, covHigh: finite } as const

/**
 * Objective Clip-Cov: PPO-clip without the gradient of a few random tokens of high covariance.
 *
 *     eligible: covLow < cov_t < covHigh, and not clipped already
 *     of N trained tokens, min(eligible, max(1, floor(covRatio N))) chosen at random have loss 0
 *
 * The chosen tokens stay in the averages.
 *
 * @shape  [B, T]  ->  [B, T]
 * @errors RangeError if the options of the batch use are invalid, see {@link batchUse}
 * @source Clip-Cov, arXiv:2505.22617 (its run clipped at 1 / 1)
 * @example
 * trainingPipeline({ estimator: grpo(), objective: clipCov({ covRatio: 2e-4, minibatches: 4 }) })
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
    covarianceMarks(checked({ covRatio, covLow, covHigh }, covarianceRules), { clipLow, clipHigh }, tokenLogRatio),
  )

/** Log of the ratio that an objective clips, at a place of a [B, T] matrix of the batch. @units nats */
export type LogRatio = (minibatch: Minibatch) => (place: number) => number

/** Log ratio of one token: log-prob at the start of the optimiser step - log-prob of the scoring pass. @units nats */
export const tokenLogRatio: LogRatio = ({ batch, scores }) => {
  const [logprobs_BT, old_BT] = [scoredLogprobs_BT(scores), scoredLogprobs_BT(batch.scores)]
  return (place) => logprobs_BT[place]! - old_BT[place]!
}

/**
 * Selects the tokens of high covariance that lose their gradient, at random by the key of the minibatch.
 *
 * @shape [B, T], 1 on the selected tokens
 */
export const covarianceMarks =
  (
    { covRatio, covLow, covHigh }: Required<CovarianceClip>,
    clip: { readonly clipLow: number; readonly clipHigh: number },
    logRatio: LogRatio,
  ) =>
  (minibatch: Minibatch): Uint8Array => {
    const isClipped = clipTest(minibatch, clip, logRatio)
    const tokens = covariances(minibatch)
    const eligible = tokens.filter((token) => covLow < token.value && token.value < covHigh && !isClipped(token))
    const count = Math.min(eligible.length, Math.max(1, Math.floor(covRatio * tokens.length)))
    const selection = eligible
      .map(({ place }, i) => ({ place, order: minibatch.draw(i) }))
      .sort((a, b) => a.order - b.order)
      .slice(0, count)
    return marksAt(
      minibatch,
      selection.map(({ place }) => place),
    )
  }

/** Returns a test whether the ratio of a token is clipped. A controller may have changed the clip for this batch. */
const clipTest = (
  minibatch: Minibatch,
  clip: { readonly clipLow: number; readonly clipHigh: number },
  logRatio: LogRatio,
): ((token: Covariance) => boolean) => {
  const { clipLow = clip.clipLow, clipHigh = clip.clipHigh } = minibatch.batch.controlled?.scalars ?? {}
  const logRatioAt = logRatio(minibatch)
  return ({ place, advantage }) => {
    const ratio = Math.exp(logRatioAt(place))
    return advantage > 0 ? ratio > 1 + clipHigh : advantage < 0 && ratio < 1 - clipLow
  }
}
