import { concatMap, endWith, ignoreElements, lastValueFrom, map, of, Subscription, tap, toArray, using } from 'rxjs'
import { generatedNames, type PlannedConfig, trainDefaults } from '../../cli/config/train-config.js'
import { processClock } from '../../cli/gauges.js'
import { openModel } from '../../cli/resources/open-model.js'
import { openTask } from '../../cli/resources/open-task.js'
import { loadTrainedModel, trainingSteps } from '../../cli/training/training-steps.js'
import { openEngine } from '../../lib/compute/engine/open-engine.js'
import { entropyControl } from '../../lib/control/entropy-control.js'
import { gate } from '../../lib/control/gate.js'
import { type FilterName, filters } from '../../lib/entropy/filter/index.js'
import { questionResult } from '../../lib/evaluation/question-result.js'
import { orThrow } from '../../lib/or-throw.js'
import type { LocalModel } from '../../lib/policy/local/local-model.js'
import type { Prompt } from '../../lib/rollout/prompt.js'
import { type StepMetrics, stepMetrics } from '../../lib/run/step-metrics.js'
import { mean, median } from '../../lib/statistics.js'
import { distinctPrompts } from '../../lib/task/distinct.js'
import type { Task } from '../../lib/task/task.js'
import { type AlgorithmName, algorithms } from '../../pipelines/algorithms/index.js'
import { judgeAnswers } from '../../pipelines/evaluation.js'
import { parseName } from '../parse-name.js'
import { measuredPolicy, type Measurements } from './monitor.js'
import { type RunPlan, scheduleOfRun } from './plan.js'
import { digitsOf, type Monitors, monitorNames, rounded, type RunRecord } from './record.js'

/** Files of a run on this machine, which are no part of its description. */
export interface RunFiles {
  /** Checkpoint or model folder. */
  readonly model: string
  /** Data file of a task that reads its questions; null for a task that generates them. */
  readonly data: string | null
}

/** Trains and evaluates one run on an engine with one thread. */
export const train = async (plan: RunPlan, files: RunFiles): Promise<RunRecord> => {
  const start = performance.now()
  const config = configOf(plan, files)
  const base = await orThrow(openModel(config.model, config, console.error))
  const { task, close } = await orThrow(openTask(config, base))
  const { engine } = await orThrow(openEngine(undefined, { threads: 1 }))
  const model = await loadTrainedModel(config, task, base.source, engine)
  const { metrics, measurements, evaluations } = await follow(plan, config, task, model)
  await model.close()
  await engine.close()
  await close()
  return {
    plan,
    entropy: metrics.map(({ entropy }) => rounded(entropy)),
    skipped: metrics.filter(({ status }) => status !== 'updated').length,
    monitors: monitorsOf(metrics, measurements),
    kl: measurements.kl.map((value) => rounded(value)),
    evaluations,
    seconds: Math.round((performance.now() - start) / 100) / 10,
  }
}

/** Configuration of a run. Its seed is also that of the samples of its evaluations. */
const configOf = (plan: RunPlan, { model, data }: RunFiles): PlannedConfig => {
  const algorithm = parseName('algorithm', plan.algorithm, Object.keys(algorithms) as AlgorithmName[])
  return {
    ...trainDefaults,
    ...(data === null
      ? { task: parseName('task', plan.task, generatedNames) }
      : { task: 'math', data: { ...trainDefaults.data, train: [data], template: 'raw' } }),
    reward: { ...trainDefaults.reward, threads: 1 },
    model,
    algorithm,
    options: { ...algorithms[algorithm].defaults, ...plan.options },
    filter: parseName('filter', plan.filter, Object.keys(filters) as FilterName[]),
    learningRate: plan.learningRate,
    steps: Math.max(1, plan.steps),
    prompts: plan.prompts,
    group: plan.group,
    maxTokens: plan.maxTokens,
    seed: plan.seed,
    lora: { ...trainDefaults.lora, rank: plan.model.kind === 'downloaded' ? plan.model.adapterRank : null },
  }
}

type Evaluations = RunRecord['evaluations'][number][]

const follow = async (plan: RunPlan, config: PlannedConfig, task: Task, model: LocalModel) => {
  const evaluations: Evaluations = []
  const evaluate = await evaluator(plan, task, model, evaluations)
  const { policy, measurements } = measuredPolicy(
    model.policy,
    plan.klEvery === 0 ? null : { base: model.freeze(), every: plan.klEvery },
  )
  if (plan.steps === 0) {
    await lastValueFrom(evaluate(0))
    return { metrics: [], measurements, evaluations }
  }
  const steering = { entropy: entropyControl(scheduleOfRun(plan)), gate: gate(processClock) }
  // Updates and rollouts wait until the evaluation ends, so that it sees the weights of its step.
  const evaluateBetween = (done: number) =>
    using(
      () => new Subscription(steering.gate.hold({ updates: true })),
      () => evaluate(done).pipe(ignoreElements()),
    )
  const metrics = await lastValueFrom(
    trainingSteps(config, task, { ...model, policy }, steering).pipe(
      map(({ report }) => stepMetrics(report)),
      concatMap((step, i) => (isEvaluatedAfter(plan, i + 1) ? evaluateBetween(i + 1).pipe(endWith(step)) : of(step))),
      toArray(),
    ),
  )
  return { metrics, measurements, evaluations }
}

/** Returns whether an evaluation follows a number of steps: at each multiple of the interval, and at the end. */
const isEvaluatedAfter = ({ evaluation, steps }: RunPlan, done: number): boolean =>
  evaluation !== null && (done % evaluation.every === 0 || done === steps)

/** Returns a function that evaluates the model on the test split and appends the result. */
const evaluator = async (plan: RunPlan, task: Task, { policy }: LocalModel, evaluations: Evaluations) => {
  const { questions, samples } = plan.evaluation ?? { questions: 1, samples: 1 }
  const prompts: readonly Prompt[] = await orThrow(distinctPrompts(task.prompts('test', QUESTION_SEED), questions))
  return (step: number) =>
    judgeAnswers(
      { policy, verifier: task.verifier, prompts },
      { sampling: { group: samples, maxTokens: plan.maxTokens, seed: plan.seed } },
    ).pipe(
      map((group) => questionResult(group).c),
      toArray(),
      tap((counts) => evaluations.push({ step, right: digitsOf(counts) })),
    )
}

/** Seed of the test questions. It is fixed, so that all runs of a task answer the same questions. */
const QUESTION_SEED = 0

/** Largest number of values of a monitor. Longer runs store one value per block of steps. */
const MOST_VALUES = 100

/** Monitors of a run in blocks of steps. The baseline has outliers many times its size, so its blocks have a median. */
const monitorsOf = (metrics: readonly StepMetrics[], { changes }: Measurements): Monitors => {
  const every = Math.max(1, Math.ceil(metrics.length / MOST_VALUES))
  const steps = metrics.map((step) => ({
    ...step,
    ...changes.get(step.step),
    acceptedPositive: step.accepted.positive,
    acceptedNegative: step.accepted.negative,
  }))
  const blocks = Array.from({ length: Math.ceil(steps.length / every) }, (_, i) =>
    steps.slice(i * every, (i + 1) * every),
  )
  const values = monitorNames.map((name) => {
    const middle = name === 'logBaseline' ? median : mean
    const inBlocks = blocks.map((block) => block.flatMap((step) => step[name] ?? []))
    return [name, inBlocks.map((block) => rounded(block.length === 0 ? null : middle(block)))] as const
  })
  return { every, values: Object.fromEntries(values) as unknown as Monitors['values'] }
}
