import type * as t from 'io-ts'
import { aggregations } from '../../lib/objective/aggregations.js'
import { klForms } from '../../lib/objective/kl-forms.js'
import { corrections } from '../../lib/objective/corrections.js'
import { algorithms } from '../../pipelines/algorithms/index.js'
import type { AlgorithmOptions, OptionName } from '../../pipelines/algorithm-options.js'
import { numberSetting, orNoneSetting, type SettingOf, textSetting } from '../flag.js'
import { didYouMean } from '../nearest.js'
import { closed } from './closed.js'
import { finite, integerFrom, nonNegative, oneOf, orNone, positive, share } from './fields.js'
import type { Settings } from './layer.js'

interface Option<A> {
  readonly field: t.Type<A>
  readonly setting: SettingOf
  readonly about: string
}

const option = <A>(field: t.Type<A>, about: string, setting: SettingOf = numberSetting): Option<A> => ({
  field,
  setting,
  about,
})

const namesOf = <K extends string>(registry: Readonly<Record<K, unknown>>): K[] => Object.keys(registry) as K[]

/** One of the names of a registry. */
const choice = <K extends string>(names: readonly K[], about: string): Option<K> =>
  option(oneOf(names), `${about}: ${names.join(', ')}`, textSetting)

/** Every option of every recipe: what may stand in it, and what the help says. */
const algorithmOptions: { readonly [K in OptionName]: Option<AlgorithmOptions[K]> } = {
  minibatches: option(integerFrom(1), 'most optimiser steps a batch'),
  aggregation: choice(namesOf(aggregations), 'how token losses become one number'),
  norm: option(orNone(positive), 'constant of seq-mean-token-sum-norm; none: the longest completion', orNoneSetting),
  klCoefficient: option(nonNegative, 'price on leaving the policy that the run started from'),
  klForm: choice(namesOf(klForms), 'its estimate'),
  klIn: choice(['loss', 'reward'], 'where that price stands'),
  entropyCoefficient: option(nonNegative, 'reward for entropy in the loss'),
  mismatch: choice(['none', ...namesOf(corrections)], 'makes up for a sampler that was not quite the learner'),
  mismatchCap: option(positive, 'largest ratio of learner to sampler'),
  samplingRounds: option(integerFrom(1), 'most times a batch is sampled to replace groups of equal rewards'),
  overlongBuffer: option(integerFrom(0), 'tokens before the longest completion that are made to pay'),
  overlongPenalty: option(nonNegative, 'what the last of them pays'),
  clipLow: option(share, 'the ratio is held above 1 - N'),
  clipHigh: option(positive, 'the ratio is held below 1 + N'),
  dualClip: option(orNone(positive), 'most loss where A < 0, in units of -A; none: no bound', orNoneSetting),
  positiveWeight: option(nonNegative, 'weight of right answers'),
  ratioLow: option(nonNegative, "the ratio's weight is held above N"),
  ratioHigh: option(positive, "the ratio's weight is held below N"),
  covRatio: option(share, 'share of the tokens that lose their gradient'),
  covLow: option(finite, 'only those of a covariance above N'),
  covHigh: option(finite, 'only those of a covariance below N'),
  covShare: option(share, 'share of the tokens that are held'),
  covCoefficient: option(nonNegative, 'how hard they are held'),
  mu: option(nonNegative, 'standard deviations of S beyond which a wrong token loses its gradient'),
  maxShare: option(share, 'most such tokens, as a share of all'),
  target: option(nonNegative, 'entropy that the controller steers to, nats per token'),
  entropicForm: choice(['paper', 'released'], 'form of the controller'),
  kp: option(nonNegative, 'proportional gain'),
  ki: option(nonNegative, 'integral gain'),
  coefficientStep: option(nonNegative, "the coefficient's change a batch"),
  coefficientMax: option(nonNegative, 'its largest value'),
  zetaStart: option(finite, 'zeta before the first batch'),
  zetaMin: option(positive, 'smallest size of zeta'),
  zetaMax: option(positive, 'largest size of zeta'),
  clipHighStep: option(nonNegative, "the upper clip's change a batch"),
  clipHighMin: option(positive, 'its smallest value'),
  clipHighMax: option(positive, 'its largest value'),
}

const fields = Object.fromEntries(
  Object.entries(algorithmOptions).map(([name, { field }]) => [name, field]),
) as unknown as { readonly [K in OptionName]: t.Type<AlgorithmOptions[K]> }

/** The options of any recipe; {@link foreignOptions} are those that the chosen one does not have. */
export const OptionsCodec: t.Type<Partial<AlgorithmOptions>> = closed({}, fields)

/** Options that are none of the recipe's, each with the message that says so. */
export const foreignOptions = (
  algorithm: keyof typeof algorithms,
  options: Settings,
): readonly (readonly [string, string])[] => {
  const known = Object.keys(algorithms[algorithm].defaults)
  return Object.keys(options)
    .filter((name) => !known.includes(name))
    .map((name) => [
      name,
      `no option of algorithm ${algorithm}${didYouMean(name, known) || `; it has ${known.join(', ')}`}`,
    ])
}

const recipesWith = (name: string): readonly string[] =>
  namesOf(algorithms).filter((algorithm) => name in algorithms[algorithm].defaults)

/** The recipes, where they are few enough to read. */
const ofFew = (recipes: readonly string[]): string => (recipes.length > 4 ? '' : ` (${recipes.join(', ')})`)

/** Flags of all options, those of all recipes first; each says which recipes have it, unless many do. */
export const optionSettings = Object.entries(algorithmOptions).map(([name, { setting, about }]) => ({
  ...setting(name, `${about}${ofFew(recipesWith(name))}`),
  path: ['options', name],
}))
