import type { Filter } from '../filter.js'
import { predictedChange_B, predictionNeeds } from '../predicted-change.js'
import { admitResponses } from './admit.js'

/**
 * Filter that accepts the responses whose predicted entropy change moves entropy back into its band.
 *
 *     accept y where m dH(y) <= 0,  dH(y) = -A sum_t (S_{y_t} - E_p[S_t])      m: +1 above, -1 below, 0 inside the band
 *
 * The filter `sign` assumes that sampled tokens are likely; this one does not. An incorrect, unlikely token that becomes
 * less likely sharpens the distribution over all other tokens, and the first-order change includes that.
 *
 * @shape  accepted_B [B]
 * @units  dH in nats per unit learning rate
 * @errors PipelineError BadAlgorithm for sampled scores, which have no S
 * @source our variant of Entrocraft, arXiv:2604.26326, Algorithm 1
 * @example
 * trainingPipeline({ estimator: grpo(), objective: ppoClip(), filter: predicted() })
 */
export const predicted = (): Filter => ({
  name: 'predicted',
  rewards: 'any',
  needsDistribution: {
    reads: predictionNeeds['s-form'].reads,
    instead: 'use the filter sign or calibrated',
  },
  admit: (state, batch) => {
    const change_B = predictedChange_B(batch, 's-form')
    return admitResponses(state, batch, (b) => state.drift * change_B[b]! <= 0)
  },
})
