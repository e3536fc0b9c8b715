import { EMPTY, takeUntil } from 'rxjs'
import type { Evaluation } from '../../lib/evaluation/evaluation.js'
import type { LocalModel } from '../../lib/policy/local/local-model.js'
import type { RunSummary } from '../../lib/run/summary.js'
import { live } from '../display/live.js'
import { emptyView, type RunView } from '../display/view.js'
import { evaluateBetween, evaluateOnce, isEvaluatedAfter } from './evaluate-run.js'
import { type FollowedRun, followRun } from './follow-run.js'
import type { TrainingRun } from './open-run.js'
import { saveResults } from './save-results.js'
import { summaryOf, writeSummary } from './write-summary.js'
import { loadTrainedModel, trainingSteps } from './training-steps.js'

/** Result of a run, and the error if a step failed. */
export interface TrainingResult {
  readonly summary: RunSummary
  readonly failure: FollowedRun['failure']
}

/**
 * Evaluates the base model, trains, saves the results and evaluates again. The run folder gets a summary and
 * the results so far even if the run fails or is interrupted.
 */
export const runTraining = async (run: TrainingRun): Promise<TrainingResult> => {
  const { model, base } = await orSummarise(run, prepare(run), summaryOf(run, startView(run), 'failed', null))
  const followed = await followTraining(run, model)
  const status = followed.failure !== null ? 'failed' : run.interruption.isRequested() ? 'interrupted' : 'finished'
  run.control.end(status)
  // The summary is written before the results are saved, because saving can fail, and again after it.
  const trained = summaryOf(run, followed.view, status, base)
  await writeSummary(run.folder, trained)
  const summary = await orSummarise(run, finish(run, model, followed, trained), { ...trained, status: 'failed' })
  await writeSummary(run.folder, summary)
  return { summary, failure: followed.failure }
}

/** Loads the model and evaluates it before the first step. */
const prepare = async (run: TrainingRun): Promise<{ model: LocalModel; base: Evaluation | null }> => {
  const { config, task, base, engine, replicas, heldOut, measurement, terminal } = run
  const model = measurement?.model ?? (await loadTrainedModel(config, task, base.source, engine, replicas))
  terminal.progress(`evaluating the checkpoint on ${heldOut.length} held-out prompts\n`)
  return { model, base: await evaluateOnce(run, model, 0) }
}

const followTraining = (run: TrainingRun, model: LocalModel): Promise<FollowedRun> => {
  const { config, folder, interruption, steering, task, terminal } = run
  const steps$ = trainingSteps(config, task, model, steering).pipe(takeUntil(interruption.stop$))
  return followRun(steps$, folder, startView(run), live(terminal), {
    tokenizer: task.tokenizer,
    events: run.events,
    afterStep: (done) => (isEvaluatedAfter(config, done) ? evaluateBetween(run, model, done) : EMPTY),
  })
}

/** Saves the results. Evaluates the trained model if all steps were done; a stop during that evaluation interrupts the run. */
const finish = async (
  run: TrainingRun,
  model: LocalModel,
  followed: FollowedRun,
  summary: RunSummary,
): Promise<RunSummary> => {
  await saveResults(run, model, followed, summary.status)
  if (summary.status !== 'finished') return summary
  const trained = await evaluateOnce(run, model, summary.steps)
  return trained === null ? { ...summary, status: 'interrupted' } : { ...summary, trained }
}

/** Writes a summary if the work fails. */
const orSummarise = async <A>({ folder }: TrainingRun, work: Promise<A>, summary: RunSummary): Promise<A> => {
  try {
    return await work
  } catch (error) {
    await writeSummary(folder, summary)
    throw error
  }
}

const startView = ({ config, engine }: TrainingRun): RunView =>
  emptyView(`${config.algorithm} on ${config.task}, seed ${config.seed}, engine ${engine.name}`, config.steps)
