import type { Filter } from '../filter.js'
import { admitResponses } from './admit.js'

/** Lets everything in: training without entropy control, measured the same way. */
export const everything = (): Filter => ({
  name: 'everything',
  rewards: 'any',
  admit: (state, batch) => admitResponses(state, batch, () => true),
})
