import type { Filter } from '../filter.js'
import { admitResponses } from './admit.js'

/**
 * Filter that accepts every response: training without entropy control, with the same measurements.
 *
 * @example
 * trainingPipeline({ estimator: grpo(), objective: ppoClip(), filter: everything() })
 */
export const everything = (): Filter => ({
  name: 'everything',
  rewards: 'any',
  admit: (state, batch) => admitResponses(state, batch, () => true),
})
