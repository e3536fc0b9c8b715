import { concat, concatMap, defer, EMPTY, finalize, map, type Observable, switchMap } from 'rxjs'
import type { FeedEvent, Logs } from '../dashboard/feed.js'
import type { Engine } from '../lib/compute/engine/engine.js'
import type { EntropyAndGate } from '../lib/control/run-control.js'
import type { ModelSource } from '../lib/model/model-checkpoint.js'
import { orThrow } from '../lib/or-throw.js'
import { constantRate } from '../lib/optimizer/learning-rate.js'
import { type LocalModel, localModel, type LocalModelOptions } from '../lib/policy/local/local-model.js'
import type { EngineRestart } from '../lib/policy/local/restart-engines.js'
import { stepMetrics } from '../lib/run/step-metrics.js'
import { type StepRollouts, stepRollouts } from '../lib/run/step-rollouts.js'
import type { Task } from '../lib/task/task.js'
import type { TimedStep } from '../lib/timing/step-seconds.js'
import type { Choices } from './choices.js'
import { heldOutEvaluation, isEvaluated } from './held-out-evaluation.js'
import { regime } from './regime.js'
import { trainingSteps } from './training-steps.js'
import { yieldingPolicy } from './yielding-policy.js'

/** Number of the only run of the playground. */
export const RUN = 0

export interface TrainingInputs {
  readonly choices: Choices
  readonly engine: Engine
  readonly checkpoint: ModelSource
  readonly task: Task
  readonly steering: EntropyAndGate
  /** Receives the rollouts of each step. */
  readonly keep: (rollouts: StepRollouts) => void
  /** Receives each restart of the engine after the loss of its GPU. */
  readonly onRestart: (restart: EngineRestart) => void
}

/**
 * Trains in this thread, and emits the log lines of each step and of each held-out evaluation. The first evaluation comes
 * before the first step.
 */
export const trainingEvents = (inputs: TrainingInputs): Observable<FeedEvent> => {
  const { choices, task, steering } = inputs
  const { steps } = choices
  return defer(() => orThrow(localModel(modelOptions(inputs)))).pipe(
    switchMap((model) => {
      const evaluationAt = (step: number) => (isEvaluated(step, steps) ? evaluationEvents(model, step, inputs) : EMPTY)
      return concat(
        evaluationAt(0),
        trainingSteps(choices, task, model, steering).pipe(
          concatMap((step) => concat(stepEvents(step, inputs), evaluationAt(step.report.step + 1))),
        ),
      )
    }),
  )
}

const modelOptions = ({ choices, engine, checkpoint, task, onRestart }: TrainingInputs): LocalModelOptions => ({
  engine,
  checkpoint,
  seed: choices.seed,
  tokenizer: task.tokenizer,
  learningRate,
  // An engine that cannot be started again needs no copies of its state.
  ...(engine.reopen === undefined ? {} : { recovery: { onRestart } }),
})

const learningRate = constantRate(regime.learningRate, regime.warmup)

/** The gate is closed during an evaluation, so that all its completions are of one version of the weights. */
const evaluationEvents = (
  { policy }: LocalModel,
  step: number,
  { choices, steering, task }: TrainingInputs,
): Observable<FeedEvent> =>
  defer(() => {
    const open = steering.gate.hold({ updates: true })
    return heldOutEvaluation(yieldingPolicy(policy), task, choices.seed).pipe(
      map((evaluation) => logEvent('evaluations', { ...evaluation, step })),
      finalize(open),
    )
  })

const stepEvents = ({ report, seconds }: TimedStep, { task, keep }: TrainingInputs): readonly FeedEvent[] => {
  keep(stepRollouts(report, task.tokenizer))
  return [logEvent('metrics', stepMetrics(report)), logEvent('timings', seconds)]
}

const logEvent = <L extends keyof Logs>(log: L, line: Logs[L]): FeedEvent =>
  ({ event: 'log', run: RUN, log, lines: [line] }) as FeedEvent
