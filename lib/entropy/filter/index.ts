import type { RegistryEntry } from '../../registry.js'
import type { CalibratedOptions } from '../calibration.js'
import type { Filter } from '../filter.js'
import { calibratedToken } from './calibrated-token.js'
import { calibrated } from './calibrated.js'
import { estimatorSwap } from './estimator-swap.js'
import { everything } from './everything.js'
import { predictedToken } from './predicted-token.js'
import { predicted } from './predicted.js'
import { sign } from './sign.js'

/** Entry of the registry {@link filters}: `create()` makes the filter. Filters without a prediction of their own read no options. */
export type FilterEntry = RegistryEntry<(options?: CalibratedOptions) => Filter>

/**
 * Rejection filters by name.
 *
 * @example
 * trainingPipeline({ estimator: grpo(), objective: ppoClip(), filter: filters.sign.create() })
 */
export const filters = {
  everything: { create: everything, about: 'accepts every response: no entropy control' },
  sign: {
    create: sign,
    about: 'accepts the responses whose advantage has the sign that moves entropy back into its band',
    paper: 'arXiv:2604.26326, Algorithm 1',
  },
  'estimator-swap': {
    create: estimatorSwap,
    about: 'accepts every response, and outside the band trains on the negative or the positive part of the reward',
    paper: 'lblaoke/entrocraft, the released code of arXiv:2604.26326',
  },
  predicted: {
    create: predicted,
    about: 'accepts the responses whose predicted entropy change moves entropy back into its band',
  },
  'predicted-token': {
    create: predictedToken,
    about: 'accepts the tokens whose predicted entropy change moves entropy back into its band',
  },
  calibrated: {
    create: calibrated,
    about:
      'rejects as many responses as entropy needs to go to the middle of its band, by the measured effect of updates',
  },
  'calibrated-token': {
    create: calibratedToken,
    about: 'rejects as many tokens as entropy needs to go to the middle of its band, by the measured effect of updates',
  },
} as const satisfies Record<string, FilterEntry>

/** Name of a filter in the registry {@link filters}. */
export type FilterName = keyof typeof filters

export { calibrated, calibratedToken, estimatorSwap, everything, predicted, predictedToken, sign }
