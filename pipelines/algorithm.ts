import { type FilterName, filters } from '../lib/entropy/filter/index.js'
import type { Filter } from '../lib/entropy/filter.js'
import { corrections } from '../lib/objective/corrections.js'
import type { Objective } from '../lib/objective/objective.js'
import { withEntropyBonus } from '../lib/objective/with-entropy-bonus.js'
import type { KlOptions } from '../lib/objective/kl-forms.js'
import { withKl } from '../lib/objective/with-kl.js'
import { withTopEntropy } from '../lib/objective/with-top-entropy.js'
import type { RewardScale } from '../lib/rollout/reward.js'
import type { ScoreMethod } from '../lib/rollout/scores.js'
import { checkAlgorithmOptions } from './algorithm-option-rules.js'
import { type AlgorithmOptions, commonDefaults, type CommonOptions, type OptionName } from './algorithm-options.js'
import { checkDistribution, checkRewardScale, type Stages } from './stages.js'
import { checkTrainingOptions, type TrainingOptions } from './training-options.js'
import { type TrainingPipeline, trainingPipeline } from './training-pipeline.js'

/** Options of an algorithm: those of every algorithm, and the named ones. */
export type OptionsOf<K extends OptionName> = CommonOptions & Pick<AlgorithmOptions, K>

/** Named training method: its description, its defaults, and the training pipeline that they create. */
export interface Algorithm {
  /** Description in one line, in the terms of the field. */
  readonly about: string
  /** Source: an arXiv id, or authors and year. */
  readonly paper: string
  /** Default of every option that the algorithm reads. */
  readonly defaults: Partial<AlgorithmOptions> & CommonOptions
  /** Rejection filter by entropy; an option of the run replaces it. */
  readonly filter: FilterName
  /** Effect on the entropy of the task countdown that `npm run bench -- paper` measured; absent if it was not measured. */
  readonly found?: {
    /** Fall of the entropy in 100 steps. @units nats per token */
    readonly fall: number
    /** Share of the steps strictly inside the band, with its own filter, or with `calibrated` if that is `everything`. */
    readonly inside: number
  }
  /**
   * Checks that the algorithm with its defaults fits the scale of a task's rewards, before a model is loaded.
   *
   * @errors PipelineError BadAlgorithm when a stage needs signed rewards and the task has binary ones
   */
  readonly checkRewards: (scale: RewardScale) => void
  /**
   * Checks that the algorithm needs nothing that scores of a method do not have, before a model is loaded. The options and the filter
   * are those of the run, as in {@link Algorithm.create}.
   *
   * @errors PipelineError BadAlgorithm when a stage reads distributions and the scores are sampled
   */
  readonly checkScores: (
    method: ScoreMethod,
    run?: { readonly algorithm?: Partial<AlgorithmOptions>; readonly filter?: Filter },
  ) => void
  /**
   * Creates the training pipeline; `algorithm` overrides {@link Algorithm.defaults}.
   *
   * @errors RangeError for an option that the algorithm does not read, for an impossible value, and for a KL estimator that does
   *         not fit its place; PipelineError BadAlgorithm when its stages do not
   *         fit the rewards or the ports
   */
  readonly create: TrainingPipeline<TrainingOptions & { readonly algorithm?: Partial<AlgorithmOptions> }>
}

/** Definition from which {@link algorithm} builds an algorithm. */
export interface AlgorithmPage<K extends OptionName> extends Pick<Algorithm, 'about' | 'paper' | 'found'> {
  /** Defaults of its own options, and those common defaults that differ. */
  readonly defaults: Pick<AlgorithmOptions, K> & Partial<CommonOptions>
  /** Rejection filter by entropy. Default: `everything`. */
  readonly filter?: FilterName
  /** Builds its stages from the options. */
  readonly stages: (options: OptionsOf<K>) => Pick<Stages, 'estimator' | 'objective' | 'controller'>
}

/**
 * Creates an algorithm from its definition, and adds the options of every algorithm: KL terms, entropy bonus, training on the
 * tokens of highest entropy, mismatch correction, dynamic sampling and length penalty.
 *
 * @example
 * const mine = algorithm({
 *   about: 'GRPO with a wider upper clip',
 *   paper: 'arXiv:2503.14476',
 *   defaults: { clipLow: 0.2, clipHigh: 0.28, dualClip: null },
 *   stages: (options) => ({ estimator: grpo(), objective: ppoClip(options) }),
 * })
 */
export const algorithm = <K extends OptionName = never>(page: AlgorithmPage<K>): Algorithm => {
  const { about, paper, filter = 'everything', found } = page
  const defaults = { ...commonDefaults, ...page.defaults }
  return {
    about,
    paper,
    filter,
    ...(found === undefined ? {} : { found }),
    defaults,
    checkRewards: (scale) => {
      // The rewards that the stages need do not depend on the norm, whose default is the maximum length of a run.
      const options = { ...defaults, norm: defaults.norm ?? 1 } as OptionsOf<K>
      checkRewardScale({ filter: filters[filter].create(), ...page.stages(options) }, scale)
    },
    checkScores: (method, { algorithm = {}, filter: chosen = filters[filter].create() } = {}) => {
      // The numbers that the stages read do not depend on the norm.
      const options = { ...defaults, ...algorithm, norm: 1 } as OptionsOf<K>
      const { objective, ...stages } = page.stages(options)
      checkDistribution({ filter: chosen, ...stages, objective: withRegularisers(objective, options) }, method)
    },
    create: (ports, { algorithm = {}, ...options }) => {
      checkAlgorithmOptions(algorithm, defaults)
      // Checked before the maximum length becomes the default of an option.
      checkTrainingOptions(options)
      const given = { ...defaults, ...algorithm } as OptionsOf<K>
      const chosen = { ...given, norm: given.norm ?? options.sampling.maxTokens }
      const stages = { filter: filters[filter].create(), ...page.stages(chosen), ...commonStages(chosen) }
      return trainingPipeline({ ...stages, objective: withRegularisers(stages.objective, chosen) })(ports, options)
    },
  }
}

const commonStages = (options: CommonOptions): Partial<Stages> => {
  const { klCoefficient, klIn, mismatch, mismatchCap, samplingRounds, overlongBuffer, overlongPenalty } = options
  return {
    ...(mismatch === 'none' ? {} : { correction: corrections[mismatch].create(mismatchCap) }),
    ...(samplingRounds === 1 ? {} : { dynamicSampling: { rounds: samplingRounds } }),
    ...(overlongBuffer === 0 ? {} : { overlong: { cache: overlongBuffer, factor: overlongPenalty } }),
    ...(klCoefficient > 0 && klIn === 'reward' ? { klPenalty: klOptionsOf(options) } : {}),
  }
}

const klOptionsOf = ({ klCoefficient, klForm, klAnyForm }: CommonOptions): KlOptions => ({
  klCoefficient,
  klAnyForm,
  ...(klForm === 'default' ? {} : { klForm }),
})

/** Adds entropy bonus and KL term. The tokens of highest entropy have the bonus, too, as in TRL; the KL term acts on all. */
const withRegularisers = (objective: Objective, options: CommonOptions): Objective => {
  const { klCoefficient, klIn, entropyCoefficient, topEntropyQuantile } = options
  const withBonus = entropyCoefficient > 0 ? withEntropyBonus(objective, entropyCoefficient) : objective
  const ofTopEntropy = topEntropyQuantile < 1 ? withTopEntropy(withBonus, topEntropyQuantile) : withBonus
  return klCoefficient > 0 && klIn === 'loss' ? withKl(ofTopEntropy, klOptionsOf(options)) : ofTopEntropy
}
