import { type DistributionNeed, distributionOf } from '../batch/distribution.js'
import { checked, nonNegative } from '../option.js'
import { mean, populationVariance } from '../statistics.js'
import { rowOf, trainedPlaces } from './minibatch.js'
import type { Objective } from './objective.js'
import { type ClipOptions, ppoClip } from './ppo-clip.js'
import { marksAt, withoutMarked } from './without-marked.js'

/** Options of {@link clipB}. */
export interface ClipBOptions extends ClipOptions {
  /** Distance of S below its mean from which a token loses its gradient. @units standard deviations */
  readonly mu?: number
}

const need: DistributionNeed = { reads: 'S of every token', instead: 'use the objective clip-cov or ppo-clip' }

/**
 * Objective Clip-B: PPO-clip without the gradient of tokens of negative advantage whose S is far below the mean.
 *
 *     loss = 0 where A < 0 and S - mean S < -mu std S        S = p (H + log p) of the sampled token
 *
 * Mean and standard deviation (divisor n) are taken over the trained tokens of the minibatch. Tokens without a gradient
 * stay in the averages.
 *
 * @shape  [B, T]  ->  [B, T]
 * @errors RangeError if the options of the batch use are invalid, see {@link batchUse}; PipelineError BadAlgorithm for sampled scores
 * @source Clip-B, arXiv:2602.03392
 * @example
 * trainingPipeline({ estimator: grpo(), objective: clipB({ mu: 2.5, minibatches: 4 }) })
 */
export const clipB = ({ mu = 2.5, ...options }: ClipBOptions = {}): Objective => ({
  needsDistribution: need,
  ...withoutMarked(
    'clip-b',
    ppoClip({ ...checked({ mu, ...options }, { mu: nonNegative }), dualClip: null }),
    (minibatch) => {
      const { batch, scores } = minibatch
      const { s_BT } = distributionOf(scores, 'objective clip-b', need)
      const places = trainedPlaces(minibatch)
      const values = places.map((place) => s_BT[place]!)
      const [center, deviation] = [mean(values), Math.sqrt(populationVariance(values))]
      const isNegative = (place: number) => batch.advantages_B[rowOf(batch, place)]! < 0
      return marksAt(
        minibatch,
        places.filter((place) => isNegative(place) && s_BT[place]! - center < -mu * deviation),
      )
    },
  ),
})
