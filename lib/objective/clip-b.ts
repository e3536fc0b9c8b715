import { deviation } from './deviation.js'
import { trainedPlaces } from './minibatch.js'
import type { Objective } from './objective.js'
import { type ClipOptions, ppoClip } from './ppo-clip.js'
import { marksAt, withoutMarked } from './without-marked.js'

/** Options of {@link clipB}. */
export interface ClipBOptions extends ClipOptions {
  /** How far below the mean S has to lie. @units standard deviations */
  readonly mu?: number
}

/**
 * PPO-clip that takes the gradient of wrong tokens whose S is far below the batch's:
 *
 *     loss = 0 where A < 0 and S - mean S < -mu std S        S = p (H + log p) of the sampled token
 *
 * Mean and standard deviation (n) run over the trained tokens of the minibatch. Such tokens stay in the averages.
 *
 * @shape  [B, T] -> [B, T]
 * @source Clip-B, arXiv:2602.03392
 */
export const clipB = ({ mu = 2.5, ...options }: ClipBOptions = {}): Objective =>
  withoutMarked('clip-b', ppoClip({ ...options, dualClip: null }), (minibatch) => {
    const { batch, scores } = minibatch
    const places = trainedPlaces(minibatch)
    const { mean, std } = deviation(places.map((place) => scores.s_BT[place]!))
    const isWrong = (place: number) => batch.advantages_B[Math.floor(place / batch.width)]! < 0
    return marksAt(
      minibatch,
      places.filter((place) => isWrong(place) && scores.s_BT[place]! - mean < -mu * std),
    )
  })
