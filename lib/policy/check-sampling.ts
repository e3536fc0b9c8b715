import { checkOption, integerFrom, nonNegative, share } from '../option.js'
import type { Sampling } from './policy.js'

const rules = {
  group: integerFrom(1),
  temperature: nonNegative,
  topK: integerFrom(0),
  topP: share,
  maxTokens: integerFrom(1),
  seed: integerFrom(0),
} as const

/** Checks the settings of sampling. @errors RangeError that names the setting, the value and the expectation */
export const checkSampling = (sampling: Sampling): void => {
  for (const name of Object.keys(rules) as (keyof Sampling)[])
    checkOption(`sampling.${name}`, sampling[name], rules[name])
}
