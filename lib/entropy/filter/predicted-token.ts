import type { Filter } from '../filter.js'
import { predictedChange_BT } from '../predicted-change.js'
import { admitTokens } from './admit.js'

/**
 * Accepts the tokens whose predicted entropy change points back into the band; a response that loses all is rejected.
 *
 *     train token t where m dH_t <= 0,  dH_t = -A (S_{y_t} - E_p[S_t])
 */
export const predictedToken = (): Filter => ({
  name: 'predicted-token',
  rewards: 'any',
  admit: (state, batch) => {
    const change_BT = predictedChange_BT(batch)
    return admitTokens(state, batch, (_, i) => state.drift * change_BT[i]! <= 0)
  },
})
