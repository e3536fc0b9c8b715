import type * as t from 'io-ts'
import { type FilterName, filters } from '../../lib/entropy/filter/index.js'
import { predictionNames } from '../../lib/entropy/predicted-change.js'
import { loraTargets } from '../../lib/model/lora/lora.js'
import { weightForms } from '../../lib/model/weight-form.js'
import { type TaskName, tasks } from '../../lib/task/index.js'
import { type AlgorithmName, algorithms } from '../../pipelines/algorithms/index.js'
import { limitActions } from '../../operators/limit-entropy.js'
import { foreignOptions, klFormErrors, OptionsCodec } from './algorithm-options.js'
import { type BandPlan, BandSettingsCodec, bounds } from './band-plan.js'
import { strictRecord } from './strict-record.js'
import { dataDefaults, dataFields } from './data.js'
import {
  integerFrom,
  oneOf,
  oneOfOrNone,
  orAuto,
  orNone,
  positive,
  seed,
  share,
  someOf,
  text,
  yesOrNo,
} from './fields.js'
import {
  adamwFields,
  adamwSettingDefaults,
  guardDefaults,
  guardFields,
  learningRateDefaults,
  learningRateFaults,
  learningRateFields,
} from './optimizer.js'
import { machineDefaults, machineFields } from './machine.js'
import { serverDefaults, serverFaults, serverFields } from './servers.js'
import { promptDefaults, promptFaults, promptFields } from './prompt-and-verifier.js'
import { type Fault, withFaults } from './with-faults.js'

/** Tasks that generate their questions. */
export const generatedNames = Object.keys(tasks) as TaskName[]
/** All tasks; `math` takes its questions from data files. */
export const taskNames = [...generatedNames, 'math'] as const
export const algorithmNames = Object.keys(algorithms) as AlgorithmName[]
export const filterNames = Object.keys(filters) as FilterName[]

/** Configuration of a training run. It determines every number of the run. @units lengths in tokens, bands in nats per token */
const fields = strictRecord({
  task: oneOf(taskNames),
  algorithm: oneOf(algorithmNames),
  /** Options of the algorithm; by default its own. */
  options: OptionsCodec,
  /** Rejection filter applied when entropy leaves its band. */
  filter: oneOf(filterNames),
  /** Prediction of the calibrated filters; null for their default. */
  prediction: orNone(oneOf(predictionNames)),
  ...dataFields,
  ...promptFields,
  /** Starting model: a file, a folder, or the name of a bundled checkpoint. */
  model: text,
  /** PEFT folder of LoRA adapters to continue training; null for none. */
  adapter: orNone(text),
  seed,
  /** Number of training steps, one batch each. */
  steps: integerFrom(1),
  /** Number of steps over which the band and the learning rate are planned; null for the number of training steps. */
  plannedSteps: orNone(integerFrom(1)),
  /** Prompts per step. */
  prompts: integerFrom(1),
  /** Completions per prompt. */
  group: integerFrom(2),
  /** Maximum number of batches in progress at the same time; 1 is strictly on-policy. */
  inFlight: integerFrom(1),
  /** Maximum age of completions that train, in updates; null for no maximum. */
  maxStaleness: orNone(integerFrom(0)),
  temperature: positive,
  /** Temperature of the log-probs in the loss and in KL terms; null for the sampling temperature. */
  scoreTemperature: orNone(positive),
  /** Top-k sampling; 0 turns it off. */
  topK: integerFrom(0),
  /** Top-p sampling; 1 turns it off. */
  topP: share,
  /** Maximum length of a completion. */
  maxTokens: integerFrom(1),
  /** Precision of the weights during sampling. */
  rolloutWeights: oneOf(weightForms),
  band: BandSettingsCodec,
  ...learningRateFields,
  ...adamwFields,
  ...guardFields,
  /** Hard limit of the entropy; null for none. */
  entropyLimit: orNone(bounds),
  /** Action when the entropy leaves that limit. */
  entropyLimitAction: oneOf(limitActions),
  /**
   * LoRA adapters, trained in place of the weights. Rank 0 trains the weights themselves. A field that is null takes the value
   * of the adapters that the model has, or for new adapters its own default.
   */
  lora: strictRecord({ rank: orNone(integerFrom(0)), alpha: orNone(positive), targets: orNone(someOf(loraTargets)) }),
  ...serverFields,
  ...machineFields,
  /** Maximum number of sequences per engine run. It limits memory, and changes numbers only by rounding. */
  microBatch: integerFrom(1),
  /** Maximum number of tokens per engine run. It limits memory, and changes numbers only by rounding. */
  microBatchTokens: integerFrom(1),
  /** If true, layers are recomputed in the backward pass: less memory, more time, the same numbers. */
  gradientCheckpointing: yesOrNo,
  /** Maximum number of sequences decoded at the same time. It limits memory, and changes numbers only by rounding. */
  slots: integerFrom(1),
  /** Seconds in which a policy, a learner or a reference policy must answer; null for no limit. It changes no number. */
  stageTimeout: orNone(positive),
  /** Number of times that lost engines are started again; 0: a loss ends the run. It changes no number. */
  engineRestarts: integerFrom(0),
  evaluation: strictRecord({
    /** Held-out prompts per evaluation. */
    prompts: integerFrom(1),
    /** Samples per held-out prompt. */
    samples: integerFrom(1),
    /** Number of steps between evaluations; 0: only before and after the run. */
    every: integerFrom(0),
  }),
  checkpoints: strictRecord({
    /** Number of steps between checkpoints; auto: as often as it costs less than 1% of the time; 0: no checkpoints. */
    every: orAuto(integerFrom(0)),
    /** Number of newest checkpoints that are kept. The one with the best held-out score is kept besides. */
    keep: integerFrom(1),
  }),
  /** Algorithm that the same configuration trains with after the run, for comparison; null for none. It changes no number of the run. */
  compare: oneOfOrNone(algorithmNames),
  /** If true, an event file for TensorBoard is written beside the metrics. It changes no number. */
  tensorboard: yesOrNo,
})

/** Codec of a training configuration. It refuses options that the algorithm does not have, and settings that contradict. */
export const TrainConfigCodec: t.Type<t.TypeOf<typeof fields>> = withFaults(fields, (config) => [
  ...optionFaults(config),
  ...predictionFaults(config),
  ...learningRateFaults(config),
  ...promptFaults(config),
  ...serverFaults(config),
])

const optionFaults = ({ algorithm, options }: t.TypeOf<typeof fields>): readonly Fault[] =>
  [...foreignOptions(algorithm, options), ...klFormErrors(algorithm, options)].map(
    ([name, message]) => [['options', name], message] as const,
  )

const predictionFaults = ({ filter, prediction }: t.TypeOf<typeof fields>): readonly Fault[] =>
  prediction === null || filter.startsWith('calibrated')
    ? []
    : [
        [
          ['prediction'],
          `found ${prediction} with filter ${filter}, which has no choice of prediction, expected filter calibrated or calibrated-token`,
        ],
      ]

export type TrainConfig = t.TypeOf<typeof TrainConfigCodec>

/** Configuration whose band is known: it was given, or it was measured. */
export type PlannedConfig = Omit<TrainConfig, 'band'> & { readonly band: BandPlan }

/** Number of steps over which the band and the learning rate of a run are planned. */
export const plannedSteps = ({ plannedSteps, steps }: Pick<TrainConfig, 'plannedSteps' | 'steps'>): number =>
  plannedSteps ?? steps

const ramp = { from: { low: 0.5, high: 0.6 }, to: { low: 0.3, high: 0.4 } }

/** Recommended configuration. */
export const trainDefaults = {
  task: 'countdown',
  algorithm: 'entrocraft-calibrated',
  options: algorithms['entrocraft-calibrated'].defaults,
  filter: algorithms['entrocraft-calibrated'].filter,
  prediction: null,
  ...dataDefaults,
  ...promptDefaults,
  model: 'countdown',
  adapter: null,
  seed: 1,
  steps: 200,
  plannedSteps: null,
  prompts: 32,
  group: 8,
  inFlight: 1,
  maxStaleness: null,
  temperature: 1,
  scoreTemperature: null,
  topK: 0,
  topP: 1,
  maxTokens: 12,
  rolloutWeights: 'float32',
  band: { schedule: 'linear', ...ramp },
  ...learningRateDefaults,
  ...adamwSettingDefaults,
  ...guardDefaults,
  entropyLimit: null,
  entropyLimitAction: 'mark',
  lora: { rank: null, alpha: null, targets: null },
  ...serverDefaults,
  ...machineDefaults,
  microBatch: 128,
  microBatchTokens: 4096,
  gradientCheckpointing: false,
  slots: 256,
  stageTimeout: null,
  engineRestarts: 3,
  evaluation: { prompts: 256, samples: 16, every: 50 },
  checkpoints: { every: 'auto', keep: 3 },
  compare: null,
  tensorboard: false,
} satisfies TrainConfig
