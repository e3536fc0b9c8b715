import type { Filter } from '../filter.js'
import { estimatorSwap } from './estimator-swap.js'
import { everything } from './everything.js'
import { predictedToken } from './predicted-token.js'
import { predicted } from './predicted.js'
import { sign } from './sign.js'

/** A filter as it is chosen by name. */
export interface FilterEntry {
  readonly create: () => Filter
  readonly about: string
}

export const filters = {
  everything: { create: everything, about: 'no filter: every response trains' },
  sign: {
    create: sign,
    about: "Entrocraft, Algorithm 1: responses whose advantage's sign pushes entropy back",
  },
  'estimator-swap': {
    create: estimatorSwap,
    about: "the paper's released code: negative-sample or RAFT++ advantages outside the band",
  },
  predicted: {
    create: predicted,
    about: 'responses whose predicted entropy change pushes it back',
  },
  'predicted-token': {
    create: predictedToken,
    about: 'tokens whose predicted entropy change pushes it back',
  },
} as const satisfies Record<string, FilterEntry>

export type FilterName = keyof typeof filters
