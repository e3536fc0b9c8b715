import { mean } from '../advantage/mean.js'
import { type Minibatch, trainedPlaces } from './minibatch.js'

/** One trained token and its part in the covariance of advantage and log-prob. */
export interface Covariance {
  /** In a [B, T] matrix of the batch. */
  readonly place: number
  readonly advantage: number
  /** Of nats. */
  readonly value: number
}

/**
 * How each trained token covaries: high where a likely token is right, or an unlikely one wrong, which is what makes
 * entropy fall.
 *
 *     cov_t = (A_t - mean A) (logprob_t - mean logprob)        means over the trained tokens of the minibatch
 *
 * @source arXiv:2505.22617
 */
export const covariances = (minibatch: Minibatch): readonly Covariance[] => {
  const { batch, scores } = minibatch
  const tokens = trainedPlaces(minibatch).map((place) => ({
    place,
    advantage: batch.advantages_B[Math.floor(place / batch.width)]!,
    logprob: scores.logprobs_BT[place]!,
  }))
  const advantages = mean(tokens.map(({ advantage }) => advantage))
  const logprobs = mean(tokens.map(({ logprob }) => logprob))
  return tokens.map(({ place, advantage, logprob }) => ({
    place,
    advantage,
    value: (advantage - advantages) * (logprob - logprobs),
  }))
}
