import { scoredLogprobs_BT } from '../batch/score-temperature.js'
import { mean } from '../statistics.js'
import { type Minibatch, rowOf, trainedPlaces } from './minibatch.js'

/** Trained token and its contribution to the covariance of advantage and log-prob. */
export interface Covariance {
  /** Place in a [B, T] matrix of the batch. */
  readonly place: number
  readonly advantage: number
  /** Contribution to the covariance. @units nats times advantage */
  readonly value: number
}

/**
 * Contributions of the trained tokens to the covariance of advantage and log-prob.
 *
 *     cov_t = (A_t - mean A) (logprob_t - mean logprob)        means over the trained tokens of the minibatch
 *
 * The value is high where a likely token has a positive advantage, or an unlikely token a negative one. Such tokens make
 * entropy fall.
 *
 * @units  nats times advantage
 * @source arXiv:2505.22617
 */
export const covariances = (minibatch: Minibatch): readonly Covariance[] => {
  const { batch, scores } = minibatch
  const places = trainedPlaces(minibatch)
  const advantages = places.map((place) => batch.advantages_B[rowOf(batch, place)]!)
  const logprobs_BT = scoredLogprobs_BT(scores)
  const logprobs = places.map((place) => logprobs_BT[place]!)
  const [meanAdvantage, meanLogprob] = [mean(advantages), mean(logprobs)]
  return places.map((place, i) => ({
    place,
    advantage: advantages[i]!,
    value: (advantages[i]! - meanAdvantage) * (logprobs[i]! - meanLogprob),
  }))
}
