import type { Filter } from '../filter.js'
import { admitResponses } from './admit.js'

/**
 * Accepts the responses whose advantage pushes entropy back into its band.
 *
 *     m = +1 above, -1 below, 0 inside the band        accept y where m A(y) >= 0
 *
 * A = 0 always passes: it has no policy gradient, but it counts in the averages and in the KL term.
 *
 * @source Entrocraft, arXiv:2604.26326, Algorithm 1
 */
export const sign = (): Filter => ({
  name: 'sign',
  rewards: 'any',
  admit: (state, batch) => admitResponses(state, batch, (b) => state.drift * batch.advantages_B[b]! >= 0),
})
