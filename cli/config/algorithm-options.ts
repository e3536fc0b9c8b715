import type * as t from 'io-ts'
import { aggregations } from '../../lib/objective/aggregations.js'
import { klFormProblem, klForms } from '../../lib/objective/kl-forms.js'
import { corrections } from '../../lib/objective/corrections.js'
import { algorithms } from '../../pipelines/algorithms/index.js'
import type { AlgorithmOptions, OptionName } from '../../pipelines/algorithm-options.js'
import { numberSetting, orNoneSetting, type SettingOf, textSetting, yesOrNoSetting } from '../flag.js'
import { didYouMean } from '../nearest.js'
import { strictRecord } from './strict-record.js'
import { finite, integerFrom, nonNegative, oneOf, orNone, positive, share, yesOrNo } from './fields.js'
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

/** Option whose value is a name. */
const choice = <K extends string>(names: readonly K[], about: string): Option<K> =>
  option(oneOf(names), `${about}: ${names.join(', ')}`, textSetting)

/** Every option of every algorithm: its codec and its help line. */
const algorithmOptions: { readonly [K in OptionName]: Option<AlgorithmOptions[K]> } = {
  minibatches: option(integerFrom(1), 'maximum number of optimiser steps per batch; 1 is strictly on-policy'),
  aggregation: choice(namesOf(aggregations), 'how the losses of tokens are averaged into one loss'),
  norm: option(
    orNone(positive),
    'divisor of aggregation seq-mean-token-sum-norm, tokens; none: the maximum completion length',
    orNoneSetting,
  ),
  klCoefficient: option(
    nonNegative,
    'KL penalty coefficient against the reference policy (the starting weights); 0 turns it off',
  ),
  klForm: choice(['default', ...namesOf(klForms)], 'KL estimator; default is k3 in the loss and k1 in the reward'),
  klIn: choice(['loss', 'reward'], 'where the KL penalty is applied'),
  klAnyForm: option(
    yesOrNo,
    'accept every KL estimator in the loss and in the reward, also where its expected gradient is not that of the KL divergence',
    yesOrNoSetting,
  ),
  entropyCoefficient: option(nonNegative, 'coefficient of the entropy bonus in the loss; 0 turns it off'),
  topEntropyQuantile: option(
    share,
    'share of the trained tokens, those of highest entropy, whose loss counts; 1 trains on all tokens',
  ),
  mismatch: choice(
    ['none', ...namesOf(corrections)],
    'importance correction of the mismatch between sampler and learner, off by default',
  ),
  mismatchCap: option(positive, 'maximum ratio of learner to sampler probability in the mismatch correction'),
  samplingRounds: option(
    integerFrom(1),
    'dynamic sampling: maximum sampling rounds per batch to replace zero-variance groups; 1 turns it off',
  ),
  overlongBuffer: option(
    integerFrom(0),
    'length of the interval before the maximum length over which the overlong penalty grows, tokens; 0 turns it off',
  ),
  overlongPenalty: option(nonNegative, 'overlong penalty on the reward of a completion of maximum length'),
  clipLow: option(share, 'lower clip range: the policy ratio is clipped at 1 - N'),
  clipHigh: option(positive, 'upper clip range: the policy ratio is clipped at 1 + N'),
  dualClip: option(
    orNone(positive),
    'dual-clip bound c for negative advantages (arXiv:1912.09729); none turns it off',
    orNoneSetting,
  ),
  positiveWeight: option(nonNegative, 'weight of correct responses in the loss; wrong responses have weight 1'),
  ratioLow: option(nonNegative, 'lower bound of the importance ratio that weights the loss'),
  ratioHigh: option(positive, 'upper bound of the importance ratio that weights the loss'),
  covRatio: option(share, 'share of the tokens that are chosen by covariance and lose their gradient'),
  covLow: option(finite, 'lower bound of the covariance at which a token may lose its gradient'),
  covHigh: option(finite, 'upper bound of the covariance at which a token may lose its gradient'),
  covShare: option(share, 'share of the tokens, those of highest covariance, that get a KL penalty'),
  covCoefficient: option(nonNegative, 'KL penalty coefficient of the tokens of highest covariance; 0 turns it off'),
  mu: option(
    nonNegative,
    'threshold of S, in standard deviations, beyond which a token of negative advantage loses its gradient',
  ),
  maxShare: option(share, 'maximum share of the tokens that lose their gradient'),
  target: option(nonNegative, 'target entropy of the controller, nats per token'),
  entropicForm: choice(['paper', 'released'], 'form of the controller, as in the paper or in the released code'),
  kp: option(nonNegative, 'proportional gain of the controller; 0 turns the term off'),
  ki: option(nonNegative, 'integral gain of the controller; 0 turns the term off'),
  coefficientStep: option(nonNegative, 'change of the entropy coefficient per batch; 0 keeps it constant'),
  coefficientMax: option(nonNegative, 'maximum entropy coefficient'),
  zetaStart: option(finite, 'value of zeta at the first batch'),
  zetaMin: option(positive, 'minimum magnitude of zeta'),
  zetaMax: option(positive, 'maximum magnitude of zeta'),
  clipHighStep: option(nonNegative, 'change of the upper clip range per batch; 0 keeps it constant'),
  clipHighMin: option(positive, 'minimum upper clip range'),
  clipHighMax: option(positive, 'maximum upper clip range'),
}

const fields = Object.fromEntries(
  Object.entries(algorithmOptions).map(([name, { field }]) => [name, field]),
) as unknown as { readonly [K in OptionName]: t.Type<AlgorithmOptions[K]> }

/** Options of any algorithm. {@link foreignOptions} finds those that the chosen algorithm does not have. */
export const OptionsCodec: t.Type<Partial<AlgorithmOptions>> = strictRecord({}, fields)

/** Options that an algorithm does not have, each with its error message. */
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

/** Error of a KL estimator that does not fit its place, with the name of the option; none if the penalty is off or fits. */
export const klFormErrors = (
  algorithm: keyof typeof algorithms,
  options: Partial<AlgorithmOptions>,
): readonly (readonly [string, string])[] => {
  const { klCoefficient, klForm, klIn, klAnyForm } = { ...algorithms[algorithm].defaults, ...options }
  if (klCoefficient === 0 || klForm === 'default' || klAnyForm) return []
  const problem = klFormProblem(klIn, klForm)
  return problem === null ? [] : [['klForm', problem]]
}

const algorithmsWith = (name: string): readonly string[] =>
  namesOf(algorithms).filter((algorithm) => name in algorithms[algorithm].defaults)

/** Lists the algorithms of an option; empty if there are more than four. */
const listFew = (names: readonly string[]): string => (names.length > 4 ? '' : ` (${names.join(', ')})`)

/** Help line of an option. */
export const aboutOption = (name: OptionName): string => algorithmOptions[name].about

/** Flags of all options. Each help line names the algorithms of its option, unless there are many. */
export const optionSettings = Object.entries(algorithmOptions).map(([name, { setting, about }]) => ({
  ...setting(`options.${name}`, `${about}${listFew(algorithmsWith(name))}`),
}))
