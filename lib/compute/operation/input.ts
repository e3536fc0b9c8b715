import { checkShape } from './check.js'
import type { Builders } from './operation.js'

/** What a run is fed under this name. */
export const input: Builders['input'] = (name, shape, dtype = 'float32') => ({
  op: 'input',
  inputs: [],
  attributes: { name },
  ...checkShape(`input ${name}`, { shape, dtype }),
})
