import { concat, defer, EMPTY, from, ignoreElements, type Observable, Subscription, tap, using } from 'rxjs'
import { type PipelineState, pipelineStateAfter } from '../../lib/control/pipeline-state.js'
import { once } from '../../lib/resource.js'
import { orThrow } from '../../lib/or-throw.js'
import type { LocalModel } from '../../lib/policy/local/local-model.js'
import type { StepReport } from '../../lib/report/step-report.js'
import { pruneCheckpoints } from '../../lib/run/checkpoint/prune-checkpoints.js'
import { writeCheckpoint } from '../../lib/run/checkpoint/write-checkpoint.js'
import { syncLogs } from '../../lib/run/cut-logs.js'
import { processClock } from '../gauges.js'
import { evaluateHeldOut, isEvaluatedAfter } from './evaluate-run.js'
import { digestInputs } from './input-digests.js'
import type { TrainingRun } from './open-run.js'

/** Evaluations and checkpoints of a run between its steps. */
export interface RunCheckpoints {
  /** Evaluates the model that the run starts with, if an evaluation was due after its last step and is not in the log. */
  readonly evaluateStart: () => Observable<never>
  /** Records a step. */
  readonly record: (report: StepReport) => void
  /** Evaluates and saves if one of them is due after the recorded steps. Updates and rollouts wait until it ends. */
  readonly afterStep: () => Observable<never>
  /** Saves the recorded steps, unless they are saved. */
  readonly saveLast: () => Promise<void>
}

/** Longest time between two checkpoints, and shortest time from the start to the first one. @units seconds */
const LONGEST = 600
const FIRST = 5

/** Time between two checkpoints, in units of the time that a checkpoint takes: it costs less than 1% of the time. */
const RATIO = 100

/** Creates the evaluations and checkpoints of a run. */
export const runCheckpoints = (run: TrainingRun, model: LocalModel): RunCheckpoints => {
  const { config, folder, start, steering } = run
  const { every, keep } = config.checkpoints
  const inputs = once(() => (start.inputs === null ? digestInputs(config, run.base) : Promise.resolve(start.inputs)))
  let state: PipelineState = start.pipeline
  let saved = start.pipeline.step
  let lastEnd = processClock()
  let interval = FIRST
  const isDue = () => {
    if (every === 'auto') return processClock() - lastEnd >= interval
    return every > 0 && state.step % every === 0
  }
  const save = async (score: number | null): Promise<void> => {
    const begin = processClock()
    const saving = state
    // The state is read before anything is awaited, so that it is that of the recorded steps.
    const snapshot = model.learner.snapshot()()
    const logs = await syncLogs(folder)
    const learner = await orThrow(() => snapshot)
    await orThrow(writeCheckpoint(folder, { learner, pipeline: saving, logs, score, inputs: await inputs() }))
    await orThrow(pruneCheckpoints(folder, keep))
    saved = saving.step
    lastEnd = processClock()
    interval = Math.min(LONGEST, Math.max(FIRST, RATIO * (lastEnd - begin)))
  }
  const isEvaluatedAtStart = start.evaluations.some(({ step }) => step === state.step)
  return {
    evaluateStart: () =>
      isEvaluatedAtStart || state.step === 0 || !isEvaluatedAfter(config, state.step)
        ? EMPTY
        : evaluateHeldOut(run, model, state.step).pipe(ignoreElements()),
    record: (report) => {
      state = pipelineStateAfter(state, report)
    },
    afterStep: () => {
      const isEvaluated = isEvaluatedAfter(config, state.step)
      if (!isEvaluated && !isDue()) return EMPTY
      let score: number | null = null
      const evaluation$ = isEvaluated
        ? evaluateHeldOut(run, model, state.step).pipe(
            tap(({ evaluation }) => {
              score = evaluation.meanAtK.value
            }),
          )
        : EMPTY
      return using(
        () => new Subscription(steering.gate.hold({ updates: true })),
        () => concat(evaluation$, every === 0 ? EMPTY : defer(() => from(save(score)))).pipe(ignoreElements()),
      )
    },
    saveLast: async () => {
      if (every !== 0 && state.step > saved) await save(null)
    },
  }
}
