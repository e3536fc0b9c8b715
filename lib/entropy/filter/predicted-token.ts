import type { Filter } from '../filter.js'
import { predictedChange_BT, predictionNeeds } from '../predicted-change.js'
import { admitTokens } from './admit.js'

/**
 * Filter that accepts the tokens whose predicted entropy change moves entropy back into its band. A response that loses
 * all its tokens is rejected.
 *
 *     accept token t where m dH_t <= 0,  dH_t = -A (S_{y_t} - E_p[S_t])        m: +1 above, -1 below, 0 inside the band
 *
 * @shape  mask_BT [B, T]
 * @units  dH in nats per unit learning rate
 * @errors PipelineError BadAlgorithm for sampled scores, which have no S
 * @source our variant of Entrocraft, arXiv:2604.26326, Algorithm 1
 * @example
 * trainingPipeline({ estimator: grpo(), objective: ppoClip(), filter: predictedToken() })
 */
export const predictedToken = (): Filter => ({
  name: 'predicted-token',
  rewards: 'any',
  needsDistribution: {
    reads: predictionNeeds['s-form'].reads,
    instead: 'use the filter sign or calibrated-token',
  },
  admit: (state, batch) => {
    const change_BT = predictedChange_BT(batch, 's-form')
    return admitTokens(state, batch, (_, place) => state.drift * change_BT[place]! <= 0)
  },
})
