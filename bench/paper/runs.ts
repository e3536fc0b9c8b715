import { fallingBands } from '../../lib/entropy/schedule/index.js'
import { algorithms } from '../../pipelines/algorithms/index.js'
import { heldAlgorithms, laws, type Method, methods, revisionOf, unheldAlgorithms } from './methods.js'
import { bundledModel, languageModel, largeModel } from './models.js'
import { nameOfRun, type RunBand, type RunModel, type RunPlan } from './plan.js'
import { hasOwnFilter, heldArm, predictedAlgorithms } from './predictions.js'
import type { PartName, PartScale, Scale } from './scale.js'

/** Run of a part. Several parts may need the same run: then their plans are equal. */
export interface StudyRun {
  readonly part: PartName
  /** Name of what the part compares: a method, an algorithm, a law, a schedule or a model. */
  readonly arm: string
  /** Learning rate in units of the default of the task. */
  readonly rate: number
  readonly plan: RunPlan
}

/** Task of the study. */
export interface StudyTask {
  readonly name: string
  readonly model: () => RunModel
  readonly learningRate: number
  readonly prompts: number
  readonly group: number
  readonly maxTokens: number
  /** Band of the runs of 100 steps: from the entropy of the base model to lower entropy. */
  readonly band: RunBand
}

const around = (low: number) => ({ low, high: Math.round(1000 * (low + 0.1)) / 1000 })

export const countdownTask: StudyTask = {
  name: 'countdown',
  model: () => bundledModel('countdown'),
  learningRate: 1e-4,
  prompts: 32,
  group: 8,
  maxTokens: 12,
  band: { schedule: 'linear', from: around(0.5), to: around(0.3) },
}

/** Entropy of the bundled model of task `moves` on the tune split, as its metadata says. @units nats per token */
const MOVES_ENTROPY = 0.229

const movesTask: StudyTask = {
  name: 'moves',
  model: () => bundledModel('moves'),
  learningRate: 1e-4,
  prompts: 32,
  group: 8,
  maxTokens: 26,
  band: { schedule: 'linear', ...fallingBands(MOVES_ENTROPY) },
}

/** Tasks with small models, on which the reach of the laws is measured. */
export const smallTasks: readonly StudyTask[] = [countdownTask, movesTask]

/** Band of the long comparison. */
const longBand = { schedule: 'linear', from: around(0.5), to: around(0.15) } as const satisfies RunBand

/** Bands of the part `schedules`. All but the constant one fall to the same end. */
export const scheduleBands = {
  constant: { schedule: 'constant', from: around(0.5) },
  linear: { schedule: 'linear', from: around(0.5), to: around(0.2) },
  cosine: { schedule: 'cosine', from: around(0.5), to: around(0.2) },
  exponential: { schedule: 'exponential', from: around(0.5), to: around(0.2) },
} as const satisfies Record<string, RunBand>

/** Band far above the entropy of the base model, which is 0.55 nats per token. */
const bandTooHigh = { schedule: 'constant', from: around(1.2) } as const satisfies RunBand

/** Learning rates of the parts `holding` and `laws`, in units of the default. */
export const rates = [1, 2] as const

/** Steps between two measurements of the KL divergence to the base model. */
const KL_EVERY = 10

/**
 * First seed of the study. The settings of the law were chosen with the seeds 1 and 2 on the tune split, so the study trains
 * with others.
 */
const FIRST_SEED = 11

const seedsOf = ({ seeds }: PartScale): readonly number[] => Array.from({ length: seeds }, (_, i) => FIRST_SEED + i)

interface Training {
  readonly task: StudyTask
  readonly method: Pick<Method, 'algorithm' | 'filter' | 'options'>
  readonly band: RunBand
  readonly steps: number
  readonly seed: number
  readonly rate?: number
  readonly model?: RunModel
  readonly evaluation: RunPlan['evaluation']
  readonly klEvery?: number
}

const planOf = ({ task, method, rate = 1, model = task.model(), klEvery = 0, ...rest }: Training): RunPlan => ({
  task: task.name,
  model,
  algorithm: method.algorithm,
  options: method.options,
  filter: method.filter,
  revision: revisionOf(method.filter),
  learningRate: rate * task.learningRate,
  prompts: task.prompts,
  group: task.group,
  maxTokens: task.maxTokens,
  klEvery,
  ...rest,
})

const onGrpo = (filter: string) => ({ algorithm: 'grpo', filter, options: {} })

type Part = (scale: Scale, name: PartName) => readonly Omit<StudyRun, 'part'>[]

const evaluationOf = ({ questions, samples }: Scale, { every }: Pick<PartScale, 'every'>) => ({
  every,
  questions,
  samples,
})

/** Evaluation of the model before training. */
const baseRun = (scale: Scale, task: StudyTask, seed: number, model = task.model()) => {
  const plan = planOf({
    task,
    model,
    method: onGrpo('everything'),
    band: task.band,
    steps: 0,
    seed,
    evaluation: evaluationOf(scale, { every: 1 }),
  })
  return { arm: 'base', rate: 0, plan: { ...plan, learningRate: 0 } }
}

const compare =
  (arms: readonly (keyof typeof methods)[]): Part =>
  (scale, name) => {
    const part = scale.parts[name]
    return seedsOf(part).flatMap((seed) => [
      baseRun(scale, countdownTask, seed),
      ...arms.map((arm) => ({ arm, rate: 1, plan: methodPlan(scale, part, arm, seed) })),
    ])
  }

/** Run of a method in the long comparison. */
const methodPlan = (scale: Scale, part: PartScale, arm: keyof typeof methods, seed: number): RunPlan =>
  planOf({
    task: countdownTask,
    method: methods[arm],
    band: longBand,
    steps: part.steps,
    seed,
    evaluation: evaluationOf(scale, part),
    klEvery: KL_EVERY,
  })

/** Runs of an algorithm with a filter, on a small task: only runs of GRPO are evaluated, at their end. */
const lawRuns = (
  scale: Scale,
  part: PartScale,
  {
    task,
    arm,
    algorithm,
    filter,
  }: Readonly<Record<'arm' | 'algorithm' | 'filter', string>> & { readonly task: StudyTask },
  wanted: readonly number[] = rates,
) =>
  wanted.flatMap((rate) =>
    seedsOf(part).map((seed) => {
      const evaluation = algorithm === 'grpo' ? evaluationOf(scale, part) : null
      const method = { algorithm, filter, options: {} }
      return { arm, rate, plan: planOf({ task, method, rate, band: task.band, steps: part.steps, seed, evaluation }) }
    }),
  )

/**
 * Band of the part `algorithms`: below the entropy of the base model, and above the last entropy of GRPO, so that an entropy that
 * falls too fast, and one that does not fall, are outside.
 */
const sharedBand = { schedule: 'linear', from: around(0.5), to: around(0.4) } as const satisfies RunBand

/** Higher learning rate, in units of the default. With it GRPO loses half of its entropy on countdown in 80 steps. */
const FAST = 2

/** Arm of an algorithm without the law in part `holding`. */
export const unheldArm = (algorithm: string): string => `${algorithm}, alone`

/** Every algorithm alone, and with the calibrated law unless it has a filter of its own. */
const everyAlgorithm: Part = (scale, name) => {
  const part = scale.parts[name]
  return predictedAlgorithms.flatMap((each) => {
    const own = { arm: each.name, filter: algorithms[each.algorithm].filter }
    const arms = hasOwnFilter(each) ? [own] : [own, { arm: heldArm(each.name), filter: 'calibrated' }]
    return arms.flatMap(({ arm, filter }) =>
      seedsOf(part).map((seed) => ({
        arm,
        rate: FAST,
        plan: planOf({
          task: countdownTask,
          method: { algorithm: each.algorithm, filter, options: each.options },
          band: sharedBand,
          steps: part.steps,
          seed,
          rate: FAST,
          evaluation: null,
        }),
      })),
    )
  })
}

const inBands =
  (bands: Readonly<Record<string, RunBand>>, filters: readonly string[]): Part =>
  (scale, name) => {
    const part = scale.parts[name]
    return Object.entries(bands).flatMap(([schedule, band]) =>
      filters.flatMap((filter) =>
        seedsOf(part).map((seed) => ({
          arm: filters.length === 1 ? schedule : filter,
          rate: 1,
          plan: planOf({
            task: countdownTask,
            method: onGrpo(filter),
            band,
            steps: part.steps,
            seed,
            evaluation: evaluationOf(scale, part),
          }),
        })),
      ),
    )
  }

/** Small model with a band beside the larger model with GRPO. The runs of the small model are those of the long comparison. */
const sizes: Part = (scale, name) => {
  const part = scale.parts[name]
  const large = largeModel(scale.pretraining)
  return seedsOf(part).flatMap((seed) => [
    baseRun(scale, countdownTask, seed),
    ...(['grpo', 'sign', 'calibrated'] as const).map((arm) => ({
      arm: `small, ${arm}`,
      rate: 1,
      plan: methodPlan(scale, part, arm, seed),
    })),
    { ...baseRun(scale, countdownTask, seed, large), arm: 'base, large' },
    { arm: 'large, grpo', rate: 1, plan: { ...methodPlan(scale, part, 'grpo', seed), model: large } },
  ])
}

/** Short word problems for a downloaded language model, which trains by adapters. Its base entropy is near 1.8 nats per token. */
export const wordProblems: StudyTask = {
  name: 'word-problems',
  model: languageModel,
  learningRate: 1e-4,
  prompts: 8,
  group: 4,
  maxTokens: 48,
  band: { schedule: 'linear', from: { low: 1.6, high: 1.9 }, to: { low: 0.55, high: 0.65 } },
}

/** Methods of the part `language-model`. */
export const languageModelMethods = ['grpo', 'sign', 'calibrated'] as const

const onLanguageModel: Part = (scale, name) => {
  const part = scale.parts[name]
  // Answers of a language model cost a hundred times those of a small model.
  const small = { ...scale, questions: Math.min(32, scale.questions) }
  return seedsOf(part).flatMap((seed) => [
    baseRun(small, wordProblems, seed),
    ...languageModelMethods.map((arm) => ({
      arm,
      rate: 1,
      plan: planOf({
        task: wordProblems,
        method: methods[arm],
        band: wordProblems.band,
        steps: part.steps,
        seed,
        evaluation: evaluationOf(small, part),
        klEvery: KL_EVERY,
      }),
    })),
  ])
}

const parts: Readonly<Record<PartName, Part>> = {
  methods: compare(Object.keys(methods) as (keyof typeof methods)[]),
  holding: (scale, name) => [
    ...smallTasks.flatMap((task) =>
      heldAlgorithms.flatMap((algorithm) =>
        lawRuns(scale, scale.parts[name], { task, arm: algorithm, algorithm, filter: 'calibrated' }),
      ),
    ),
    ...unheldAlgorithms.flatMap((algorithm) =>
      lawRuns(
        scale,
        { ...scale.parts[name], seeds: Math.min(2, scale.parts[name].seeds) },
        { task: movesTask, arm: unheldArm(algorithm), algorithm, filter: 'everything' },
        [FAST],
      ),
    ),
  ],
  laws: (scale, name) =>
    smallTasks.flatMap((task) =>
      laws.flatMap((law) => lawRuns(scale, scale.parts[name], { task, arm: law, algorithm: 'grpo', filter: law })),
    ),
  algorithms: everyAlgorithm,
  schedules: inBands(scheduleBands, ['calibrated']),
  'too-high': (scale, name) => [
    ...inBands({ 'too high': bandTooHigh }, ['sign', 'calibrated'])(scale, name),
    ...['sign', 'calibrated'].flatMap((law) =>
      inBands({ [`${law}, linear`]: scheduleBands.linear }, [law])(scale, name),
    ),
  ],
  sizes,
  long: compare(['grpo', 'calibrated']),
  'language-model': onLanguageModel,
}

/** Runs of some parts of the study, in the order in which they run. */
export const studyRuns = (scale: Scale, names: readonly PartName[]): readonly StudyRun[] =>
  names.flatMap((part) => parts[part](scale, part).map((run) => ({ part, ...run })))

/** Distinct plans of runs by the name of their file. */
export const distinctPlans = (runs: readonly StudyRun[]): ReadonlyMap<string, RunPlan> =>
  new Map(runs.map(({ plan }) => [nameOfRun(plan), plan]))
