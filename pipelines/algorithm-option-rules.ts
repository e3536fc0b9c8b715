import { aggregations } from '../lib/objective/aggregations.js'
import { corrections } from '../lib/objective/corrections.js'
import { klForms } from '../lib/objective/kl-forms.js'
import {
  checkOptions,
  finite,
  integerFrom,
  nonNegative,
  oneOf,
  orNull,
  positive,
  type Rule,
  share,
  trueOrFalse,
} from '../lib/option.js'
import type { AlgorithmOptions } from './algorithm-options.js'

const namesOf = <K extends string>(registry: Readonly<Record<K, unknown>>): K[] => Object.keys(registry) as K[]

/** Rule of every option of every algorithm. */
const optionRules: { readonly [K in keyof AlgorithmOptions]: Rule<AlgorithmOptions[K]> } = {
  minibatches: integerFrom(1),
  aggregation: oneOf(namesOf(aggregations)),
  norm: orNull(positive),
  klCoefficient: nonNegative,
  klForm: oneOf(['default', ...namesOf(klForms)]),
  klIn: oneOf(['loss', 'reward']),
  klAnyForm: trueOrFalse,
  entropyCoefficient: nonNegative,
  topEntropyQuantile: share,
  mismatch: oneOf(['none', ...namesOf(corrections)]),
  mismatchCap: positive,
  samplingRounds: integerFrom(1),
  overlongBuffer: integerFrom(0),
  overlongPenalty: nonNegative,
  clipLow: share,
  clipHigh: positive,
  dualClip: orNull(positive),
  positiveWeight: nonNegative,
  ratioLow: nonNegative,
  ratioHigh: positive,
  covRatio: share,
  covLow: finite,
  covHigh: finite,
  covShare: share,
  covCoefficient: nonNegative,
  mu: nonNegative,
  maxShare: share,
  target: nonNegative,
  entropicForm: oneOf(['paper', 'released']),
  kp: nonNegative,
  ki: nonNegative,
  coefficientStep: nonNegative,
  coefficientMax: nonNegative,
  zetaStart: finite,
  zetaMin: positive,
  zetaMax: positive,
  clipHighStep: nonNegative,
  clipHighMin: positive,
  clipHighMax: positive,
}

/**
 * Checks the options that are given to an algorithm, as the command line does.
 *
 * @errors RangeError for an option that the algorithm does not read, because a misspelt one would be ignored silently, and
 *         for a value that the option cannot have
 */
export const checkAlgorithmOptions = (given: Partial<AlgorithmOptions>, known: object): void => {
  const unknown = Object.keys(given).find((name) => !Object.hasOwn(known, name))
  if (unknown !== undefined)
    throw new RangeError(
      `algorithm.${unknown}: found an option that this algorithm does not read, expected one of ${Object.keys(known).join(', ')}`,
    )
  checkOptions(given, optionRules, 'algorithm.')
}
