import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import * as t from 'io-ts'
import { type FilterName, filters } from '../../lib/entropy/filter/index.js'
import { loraTargets } from '../../lib/model/lora/lora.js'
import { weightForms } from '../../lib/model/weight-form.js'
import type { Split } from '../../lib/task/task.js'
import { type TaskName, tasks } from '../../lib/task/index.js'
import { type AlgorithmName, algorithms } from '../../pipelines/algorithms/index.js'
import { foreignOptions, OptionsCodec } from './algorithm-options.js'
import { type BandPlan, BandPlanCodec } from './band-plan.js'
import { strictRecord, isMapping } from './strict-record.js'
import { dataDefaults, dataFields } from './data.js'
import { integerFrom, oneOf, orNone, positive, share, someOf, text, yesOrNo } from './fields.js'
import { machineDefaults, machineFields } from './machine.js'
import type { Settings } from './layer.js'

/** Tasks that make their own questions. */
export const generatedNames = Object.keys(tasks) as TaskName[]
/** And one that takes them from files. */
export const taskNames = [...generatedNames, 'math'] as const
export const algorithmNames = Object.keys(algorithms) as AlgorithmName[]
export const filterNames = Object.keys(filters) as FilterName[]

/** Everything that decides the numbers of a training run. @units lengths in tokens, bands in nats per token */
const fields = strictRecord({
  task: oneOf(taskNames),
  algorithm: oneOf(algorithmNames),
  /** Those of the algorithm; its own defaults unless given. */
  options: OptionsCodec,
  /** What keeps rollouts out when entropy has left its band. */
  filter: oneOf(filterNames),
  ...dataFields,
  /** A file, a folder, or the name of a checkpoint that comes with entrain. */
  model: text,
  /** Folder of adapters to begin with. */
  adapter: orNone(text),
  seed: integerFrom(0),
  steps: integerFrom(1),
  /** Prompts a step, and completions of each. */
  prompts: integerFrom(1),
  group: integerFrom(2),
  /** Batches on their way at once; 1 is strictly on-policy. */
  inFlight: integerFrom(1),
  temperature: positive,
  topK: integerFrom(0),
  topP: share,
  maxTokens: integerFrom(1),
  /** What completions are drawn from: the weights, or a copy of them in eight bits. */
  rolloutWeights: oneOf(weightForms),
  band: BandPlanCodec,
  /** Of AdamW; it rises over the warm-up and stays. */
  learningRate: positive,
  /** Optimiser steps over which the learning rate rises. */
  warmup: integerFrom(0),
  /** Adapters that are trained in place of the weights, where their rank is not 0. */
  lora: strictRecord({ rank: integerFrom(0), alpha: positive, targets: someOf(loraTargets) }),
  ...machineFields,
  /** Most sequences in one engine run: it decides memory, and numbers only by rounding. */
  microBatch: integerFrom(1),
  /** Most tokens in one: likewise. */
  microBatchTokens: integerFrom(1),
  /** Less memory for more time, the same numbers. */
  gradientCheckpointing: yesOrNo,
  /** Most completions in the making at once: likewise. */
  slots: integerFrom(1),
  /** Held-out prompts, samples of each, and the steps between two evaluations; 0: only before and after the run. */
  evaluation: strictRecord({ prompts: integerFrom(1), samples: integerFrom(1), every: integerFrom(0) }),
  /** An event file for TensorBoard beside the metrics; it decides no number. */
  tensorboard: yesOrNo,
})

/** The fields, with no option but those of the algorithm. */
export const TrainConfigCodec: t.Type<t.TypeOf<typeof fields>> = new t.Type(
  fields.name,
  (u): u is t.TypeOf<typeof fields> => fields.is(u) && foreignOptions(u.algorithm, u.options).length === 0,
  (u, context) =>
    pipe(
      fields.validate(u, context),
      E.chain((config) => {
        const foreign = foreignOptions(config.algorithm, config.options)
        return foreign.length === 0 ? t.success(config) : t.failures(foreign.map(foreignError(config.options, context)))
      }),
    ),
  t.identity,
)

const foreignError =
  (options: Settings, context: t.Context) =>
  ([name, message]: readonly [string, string]): t.ValidationError => ({
    value: options[name],
    context: t.appendContext(t.appendContext(context, 'options', OptionsCodec, options), name, t.never, options[name]),
    message,
  })

export type TrainConfig = t.TypeOf<typeof TrainConfigCodec>

const ramp = { from: { low: 0.5, high: 0.6 }, to: { low: 0.3, high: 0.4 } }

/** The recommended regime. */
export const trainDefaults = {
  task: 'countdown',
  algorithm: 'entrocraft-predicted',
  options: algorithms['entrocraft-predicted'].defaults,
  filter: algorithms['entrocraft-predicted'].filter,
  ...dataDefaults,
  model: 'countdown',
  adapter: null,
  seed: 1,
  steps: 200,
  prompts: 32,
  group: 8,
  inFlight: 1,
  temperature: 1,
  topK: 0,
  topP: 1,
  maxTokens: 12,
  rolloutWeights: 'float32',
  band: { schedule: 'linear', ...ramp },
  learningRate: 1e-4,
  warmup: 10,
  lora: { rank: 0, alpha: 32, targets: loraTargets },
  ...machineDefaults,
  microBatch: 128,
  microBatchTokens: 4096,
  gradientCheckpointing: false,
  slots: 256,
  evaluation: { prompts: 128, samples: 8, every: 50 },
  tensorboard: false,
} satisfies TrainConfig

const bandDefaults: Readonly<Record<string, Settings>> = {
  constant: { schedule: 'constant', from: ramp.from },
  linear: trainDefaults.band,
  cosine: { schedule: 'cosine', ...ramp },
  piecewise: { schedule: 'piecewise' },
} satisfies Record<BandPlan['schedule'], Settings>

/** What questions of mathematics and the models that answer them ask for, where countdown and its model do not. */
export const mathDefaults = {
  task: 'math',
  prompts: 8,
  maxTokens: 512,
  learningRate: 1e-6,
  evaluation: { prompts: 64, samples: 4, every: 50 },
} satisfies Partial<TrainConfig>

/** By the task. */
const taskDefaults: Readonly<Record<string, Settings>> = {
  countdown: Object.fromEntries(
    Object.keys(mathDefaults).map((key) => [key, Reflect.get(trainDefaults, key) as unknown]),
  ),
  math: mathDefaults,
}

/**
 * What a layer starts from: one that names another task, another schedule or another algorithm, from its defaults. The
 * fields of one mean nothing to another.
 */
export const afresh = (below: Settings, above: Settings): Settings =>
  algorithmAfresh(bandAfresh(taskAfresh(below, above), above), above)

const taskAfresh = (below: Settings, above: Settings): Settings => {
  const named = taskNamedBy(above)
  return named === undefined || named === below['task'] ? below : { ...below, ...taskDefaults[named] }
}

const splits = ['train', 'tune', 'test'] as const satisfies readonly Split[]

/** Who names files of questions names the task that they are for. */
export const taskNamedBy = ({ task, data }: Settings): string | undefined => {
  if (typeof task === 'string') return task
  return isMapping(data) && splits.some((split) => data[split] !== undefined) ? 'math' : undefined
}

const bandAfresh = (below: Settings, above: Settings): Settings => {
  const named = isMapping(above['band']) ? above['band']['schedule'] : undefined
  const held = isMapping(below['band']) ? below['band']['schedule'] : undefined
  const fresh = typeof named === 'string' && named !== held ? bandDefaults[named] : undefined
  return fresh === undefined ? below : { ...below, band: fresh }
}

const algorithmAfresh = (below: Settings, above: Settings): Settings => {
  const named = above['algorithm']
  if (named === undefined || named === below['algorithm']) return below
  const recipe = algorithmNames.find((name) => name === named)
  // A name that is none is refused by its field, and brings no options to refuse as well.
  return recipe === undefined
    ? { ...below, options: {} }
    : { ...below, options: algorithms[recipe].defaults, filter: algorithms[recipe].filter }
}
