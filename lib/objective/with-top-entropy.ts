import { type DistributionNeed, distributionMissing } from '../batch/distribution.js'
import { scalar, select } from '../compute/operation/index.js'
import { quantile } from '../statistics.js'
import { type Minibatch, trainedPlaces } from './minibatch.js'
import type { Objective } from './objective.js'
import { marksAt } from './without-marked.js'

const need: DistributionNeed = {
  reads: 'the entropy of every token, to find the highest',
  instead: 'train on all tokens (topEntropyQuantile 1)',
}

/**
 * Sets the loss of all tokens to 0 except those of highest entropy, so that only these have a gradient. All tokens stay in the
 * averages.
 *
 *     loss = 0 where H < quantile( H, 1 - topEntropyQuantile )        H: entropy at the token, at temperature 1
 *
 * The quantile is taken over the trained tokens of the minibatch, interpolated linearly between neighbours. A share of 1 keeps
 * every token. A KL term that is added afterwards acts on all tokens.
 *
 * @shape  [B, T]  ->  [B, T]
 * @errors RangeError if the share is not a number > 0 and <= 1; PipelineError BadAlgorithm for sampled scores
 * @source Wang et al., "Beyond the 80/20 Rule", arXiv:2506.01939 (share 0.2); `top_entropy_quantile` of TRL
 * @example
 * withTopEntropy(ppoClip({ minibatches: 4 }), 0.2)
 */
export const withTopEntropy = (objective: Objective, topEntropyQuantile: number): Objective => {
  if (!(topEntropyQuantile > 0 && topEntropyQuantile <= 1))
    throw new RangeError(`topEntropyQuantile: found ${topEntropyQuantile}, expected a number > 0 and <= 1`)
  return {
    ...objective,
    needsDistribution: need,
    kept: (minibatch) => {
      if (minibatch.scores.method === 'sampled') throw distributionMissing(`objective ${objective.name}`, need)
      const kept_BT = highestEntropy(minibatch, topEntropyQuantile)
      const inner_BT = objective.kept?.(minibatch)
      return inner_BT === undefined ? kept_BT : kept_BT.map((kept, place) => kept * inner_BT[place]!)
    },
    loss: (inputs) => {
      const outputs = objective.loss(inputs)
      return { ...outputs, loss_BT: select(inputs.kept_BT, outputs.loss_BT, scalar(0)) }
    },
  }
}

const highestEntropy = (minibatch: Minibatch, share: number): Uint8Array => {
  const { entropy_BT } = minibatch.scores
  const places = trainedPlaces(minibatch)
  const bound = quantile(Float64Array.from(places, (place) => entropy_BT[place]!).sort(), 1 - share)
  return marksAt(
    minibatch,
    places.filter((place) => entropy_BT[place]! >= bound),
  )
}
