import type { Filter } from '../filter.js'
import { admitResponses } from './admit.js'

/**
 * Filter of Entrocraft: accepts the responses whose advantage has the sign that moves entropy back into its band.
 *
 *     accept y where m A(y) >= 0        m: +1 above, -1 below, 0 inside the band
 *
 * A response with A = 0 is always accepted. It has no policy gradient, but it counts in the averages and in the KL term.
 *
 * @shape  accepted_B [B]
 * @source Entrocraft, arXiv:2604.26326, Algorithm 1
 * @example
 * trainingPipeline({ estimator: grpo(), objective: ppoClip(), filter: sign() })
 */
export const sign = (): Filter => ({
  name: 'sign',
  rewards: 'any',
  admit: (state, batch) => admitResponses(state, batch, (b) => state.drift * batch.advantages_B[b]! >= 0),
})
