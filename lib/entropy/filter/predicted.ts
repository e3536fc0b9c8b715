import type { Filter } from '../filter.js'
import { predictedChange_B } from '../predicted-change.js'
import { admitResponses } from './admit.js'

/**
 * Accepts the responses whose predicted entropy change points back into the band.
 *
 *     accept y where m dH(y) <= 0,  dH(y) = -A sum_t (S_{y_t} - E_p[S_t])
 *
 * Unlike `sign` it does not assume that the sampled tokens are likely: a wrong, unlikely token that is pushed down
 * sharpens what is left, and the first-order change knows it.
 */
export const predicted = (): Filter => ({
  name: 'predicted',
  rewards: 'any',
  admit: (state, batch) => {
    const change_B = predictedChange_B(batch)
    return admitResponses(state, batch, (b) => state.drift * change_B[b]! <= 0)
  },
})
