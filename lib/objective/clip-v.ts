import { type DistributionNeed, distributionOf } from '../batch/distribution.js'
import { checked, fraction, nonNegative } from '../option.js'
import { populationVariance } from '../statistics.js'
import { rowOf, trainedPlaces } from './minibatch.js'
import type { Objective } from './objective.js'
import { type ClipOptions, ppoClip } from './ppo-clip.js'
import { marksAt, withoutMarked } from './without-marked.js'

/** Options of {@link clipV}. */
export interface ClipVOptions extends ClipOptions {
  /** Size of D from which a token may lose its gradient. @units standard deviations */
  readonly mu?: number
  /** Largest share of the trained tokens that lose their gradient; at least one token may. */
  readonly maxShare?: number
}

const need: DistributionNeed = {
  reads: 'S and E_p[S] of every token',
  instead: 'use the objective clip-cov or ppo-clip',
}

/**
 * Objective Clip-V: PPO-clip without the gradient of the tokens of negative advantage that would sharpen the policy most.
 *
 *     loss = 0 where A < 0 and D > mu std D        D = E_p[S] - S,  S = p (H + log p) of the sampled token
 *     at most max(1, floor(maxShare N)) of N trained tokens, those of largest D
 *
 * The standard deviation (divisor n) is taken over the trained tokens of the minibatch. Tokens without a gradient stay in
 * the averages.
 *
 * @shape  [B, T]  ->  [B, T]
 * @errors RangeError if the options of the batch use are invalid, see {@link batchUse}; PipelineError BadAlgorithm for sampled scores
 * @source Clip-V, arXiv:2602.03392
 * @example
 * trainingPipeline({ estimator: grpo(), objective: clipV({ maxShare: 1e-3, minibatches: 4 }) })
 */
export const clipV = ({ mu = 2, maxShare = 1e-4, ...options }: ClipVOptions = {}): Objective => ({
  needsDistribution: need,
  ...withoutMarked(
    'clip-v',
    ppoClip({ ...checked({ mu, maxShare, ...options }, { mu: nonNegative, maxShare: fraction }), dualClip: null }),
    (minibatch) => {
      const { batch, scores } = minibatch
      const { s_BT, expectedS_BT } = distributionOf(scores, 'objective clip-v', need)
      const tokens = trainedPlaces(minibatch).map((place) => ({
        place,
        isNegative: batch.advantages_B[rowOf(batch, place)]! < 0,
        d: expectedS_BT[place]! - s_BT[place]!,
      }))
      const deviation = Math.sqrt(populationVariance(tokens.map(({ d }) => d)))
      const sharpest = tokens
        .filter(({ isNegative, d }) => isNegative && d > mu * deviation)
        .sort((a, b) => b.d - a.d)
        .slice(0, Math.max(1, Math.floor(maxShare * tokens.length)))
      return marksAt(
        minibatch,
        sharpest.map(({ place }) => place),
      )
    },
  ),
})
