import { type FilterName, filters } from '../lib/entropy/filter/index.js'
import { corrections } from '../lib/objective/mismatch/index.js'
import type { Objective } from '../lib/objective/objective.js'
import { withEntropyBonus } from '../lib/objective/with-entropy-bonus.js'
import { withKl } from '../lib/objective/with-kl.js'
import { trainingPipeline, type Stages } from './training-pipeline.js'
import { type AlgorithmOptions, commonDefaults, type CommonOptions, type OptionName } from './algorithm-options.js'
import { type Pipeline, samplingOf, type TrainingOptions } from './training.js'

/** The options of a recipe that has `K` besides those of all. */
export type OptionsOf<K extends OptionName> = CommonOptions & Pick<AlgorithmOptions, K>

/** A named training pipeline: what it is, its defaults, and how they make its stages. */
export interface Algorithm {
  readonly about: string
  /** Where it comes from: an arXiv id, or a name. */
  readonly paper: string
  readonly defaults: Partial<AlgorithmOptions> & CommonOptions
  /** Of the entropy band; another may be put in its place. */
  readonly filter: FilterName
  /** {@link Algorithm.defaults} but for the `algorithm` options given. */
  readonly create: Pipeline<TrainingOptions & { readonly algorithm?: Partial<AlgorithmOptions> }>
}

/** What a recipe's page says. */
export interface AlgorithmPage<K extends OptionName> {
  readonly about: string
  readonly paper: string
  /** Its own, and those of all that differ. */
  readonly defaults: Pick<AlgorithmOptions, K> & Partial<CommonOptions>
  readonly filter?: FilterName
  readonly stages: (options: OptionsOf<K>) => Pick<Stages, 'estimator' | 'objective' | 'controller'>
}

/** A recipe from its page: what all recipes can do is added here. */
export const algorithm = <K extends OptionName = never>(page: AlgorithmPage<K>): Algorithm => {
  const { about, paper, filter = 'everything' } = page
  const defaults = { ...commonDefaults, ...page.defaults }
  return {
    about,
    paper,
    filter,
    defaults,
    create: (ports, { algorithm = {}, ...options }) => {
      checkOptions(algorithm, defaults)
      const given = { ...defaults, ...algorithm } as OptionsOf<K>
      const chosen = { ...given, norm: given.norm ?? samplingOf(options).maxTokens }
      const stages = { filter: filters[filter].create(), ...page.stages(chosen), ...commonStages(chosen) }
      return trainingPipeline({ ...stages, objective: regularised(stages.objective, chosen) })(ports, options)
    },
  }
}

/** An option that a recipe does not read is a misunderstanding. @errors RangeError naming it */
const checkOptions = (given: object, known: object): void => {
  const unknown = Object.keys(given).find((name) => !(name in known))
  if (unknown !== undefined)
    throw new RangeError(`algorithm.${unknown}: no option of this recipe; there are ${Object.keys(known).join(', ')}`)
}

const commonStages = (options: CommonOptions): Partial<Stages> => {
  const { klCoefficient, klForm, klIn, mismatch, mismatchCap, samplingRounds, overlongBuffer, overlongPenalty } =
    options
  return {
    ...(mismatch === 'none' ? {} : { correction: corrections[mismatch].create(mismatchCap) }),
    ...(samplingRounds === 1 ? {} : { dynamicSampling: { rounds: samplingRounds } }),
    ...(overlongBuffer === 0 ? {} : { overlong: { cache: overlongBuffer, factor: overlongPenalty } }),
    ...(klCoefficient > 0 && klIn === 'reward' ? { klPenalty: { klCoefficient, klForm } } : {}),
  }
}

const regularised = (
  objective: Objective,
  { klCoefficient, klForm, klIn, entropyCoefficient }: CommonOptions,
): Objective => {
  const priced = klCoefficient > 0 && klIn === 'loss' ? withKl(objective, { klCoefficient, klForm }) : objective
  return entropyCoefficient > 0 ? withEntropyBonus(priced, entropyCoefficient) : priced
}
