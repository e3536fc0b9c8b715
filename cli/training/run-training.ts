import { concat } from 'rxjs'
import { stopBetweenSteps } from '../../lib/control/stop-between-steps.js'
import type { Evaluation } from '../../lib/evaluation/evaluation.js'
import { countPrompts, noPrompts } from '../../lib/run/prompt-account.js'
import type { RunSummary } from '../../lib/run/summary.js'
import { live } from '../display/live.js'
import type { RunView } from '../display/view.js'
import { explain } from '../exit.js'
import { evaluateOnce, type HeldOutResult } from './evaluate-run.js'
import { type FollowedRun, followRun } from './follow-run.js'
import { countIssued } from './count-issued.js'
import { keepRefusedIn } from './keep-refused-in.js'
import { noteEntropyLimit } from './note-entropy-limit.js'
import { startView, type TrainingRun } from './open-run.js'
import { type RunCheckpoints, runCheckpoints } from './run-checkpoints.js'
import { recordServers } from './record-servers.js'
import { baseEvaluation } from './run-start.js'
import { endingAfter, untilWritten, waitForDisk } from './wait-for-disk.js'
import { saveResults } from './save-results.js'
import { type EndedSummary, summaryOf, writeSummary } from './write-summary.js'
import { openTrainedModel, type TrainedModel } from './trained-model.js'
import { trainingSteps } from './training-steps.js'

/** Result of a run, and the error if a step failed. */
export interface TrainingResult {
  readonly summary: EndedSummary
  /** Evaluation of the base model; null if the run did not reach it. */
  readonly base: Evaluation | null
  /** Evaluation of the trained model; null if the run did not reach it. */
  readonly heldOut: HeldOutResult | null
  readonly failure: FollowedRun['failure']
}

/** Model of a run before its first step, and its evaluation; null if it was not evaluated. */
export interface PreparedModel {
  readonly model: TrainedModel
  readonly base: Evaluation | null
}

/** Functions that show a run, and that save its results after the last step. */
export interface RunOutput {
  readonly show: (view: RunView) => void
  readonly save: typeof saveResults
}

/**
 * Evaluates the base model, trains, saves the results and evaluates again. The run folder gets a summary and
 * the results so far even if the run fails or is interrupted.
 */
export const runTraining = async (run: TrainingRun): Promise<TrainingResult> => {
  const prepared = await orSummarise(run, prepare(run), summaryOf(run, startView(run), 'running', null))
  await writeWhenPossible(run, summaryOf(run, startView(run), 'running', prepared.base))
  return trainPrepared(run, prepared, { show: live(run.terminal), save: saveResults })
}

/** Trains a prepared model, saves the results and evaluates it. The model of a finished run is closed. */
export const trainPrepared = async (
  run: TrainingRun,
  { model, base }: PreparedModel,
  { show, save }: RunOutput,
): Promise<TrainingResult> => {
  const checkpoints = runCheckpoints(run, model)
  const servers = recordServers(model.servers$, run.folder)
  const showWithServers = (view: RunView) => show({ ...view, ...serversIn(servers.latest()) })
  const { unfinished, ...followed } = await followTraining(run, model, checkpoints, showWithServers)
  const { failure } = followed
  const hasFailed = failure !== null
  const status = hasFailed
    ? endingAfter(run, failure.error)
    : run.interruption.isRequested()
      ? 'interrupted'
      : 'finished'
  const reached = withFailure(summaryOf(run, followed.view, status, base, unfinished), failure)
  run.control.save()
  const finish = async () => {
    await noteFailure(run, writeWhenPossible(run, { ...reached, status: 'saving' }))
    const lastState = await checkpoints.saveLast(hasFailed)
    // The checkpoint holds the weights, so nothing is lost.
    if (run.interruption.isHurried() && run.config.checkpoints.every !== 0) return null
    await save(run, followed, { hasFailed, lastState })
    return status === 'finished' ? evaluateOnce(run, model, reached.steps) : null
  }
  const heldOut = await orSummarise(run, finish(), reached).finally(servers.end)
  const summary = withEvaluation(reached, heldOut)
  await writeWhenPossible(run, summary)
  run.spare.giveUp()
  run.control.end(summary.status)
  // After a stop or a failure the engine may still use the weights. Closing the engine frees them then.
  if (summary.status === 'finished') await model.close()
  return { summary, base, heldOut, failure }
}

const serversIn = (servers: RunView['servers']): Pick<RunView, 'servers'> => (servers === undefined ? {} : { servers })

/** Adds the evaluation of the trained model to a summary. A stop during that evaluation interrupts the run. */
const withEvaluation = (summary: EndedSummary, heldOut: HeldOutResult | null): EndedSummary => {
  if (summary.status !== 'finished') return summary
  return heldOut === null ? { ...summary, status: 'interrupted' } : { ...summary, trained: heldOut.evaluation }
}

/** Loads the model and evaluates it before the first step. */
const prepare = async (run: TrainingRun): Promise<PreparedModel> => {
  const { config, heldOut, start, terminal } = run
  const model = run.model ?? (await openTrainedModel(config, run, terminal, start.learner))
  if (start.pipeline.step > 0) return { model, base: baseEvaluation(start) }
  terminal.progress(`evaluating the checkpoint on ${heldOut.length} held-out prompts\n`)
  return { model, base: (await evaluateOnce(run, model, 0))?.evaluation ?? null }
}

/** Follows the steps of a run. `unfinished` is the number of prompts that were issued for steps which it did not finish. */
const followTraining = async (
  run: TrainingRun,
  model: TrainedModel,
  { evaluateStart, record, afterStep }: RunCheckpoints,
  show: RunOutput['show'],
): Promise<FollowedRun & { readonly unfinished: number }> => {
  const { config, folder, interruption, start, steering, task } = run
  const { policy, issued } = countIssued(model.policy)
  const { learner, untilStopped } = stopBetweenSteps(model.learner, interruption.stop$)
  noteEntropyLimit(config, steering.entropy, run.terminal)
  const steps$ = concat(
    evaluateStart(),
    trainingSteps(config, task, { ...model, policy, learner }, steering, start.pipeline, keepRefusedIn(run)).pipe(
      untilStopped,
    ),
  )
  const followed = await followRun(steps$, folder, startView(run), show, {
    tokenizer: task.tokenizer,
    events: run.events,
    retry: waitForDisk(run),
    record,
    afterStep,
    hold: () => steering.gate.hold({ updates: true }),
  })
  const finished =
    countPrompts(followed.view.history.prompts ?? noPrompts) - countPrompts(start.history.prompts ?? noPrompts)
  return { ...followed, unfinished: issued() - finished }
}

/** Adds the error that ended a run to its summary. The first error is the reason of the others. */
const withFailure = (summary: EndedSummary, failure: FollowedRun['failure']): EndedSummary =>
  failure === null ? summary : { ...summary, failure: summary.failure ?? explain(failure.error) }

/** Writes a summary and ends the run if the work fails. */
const orSummarise = async <A>(run: TrainingRun, work: Promise<A>, summary: RunSummary): Promise<A> => {
  try {
    return await work
  } catch (error) {
    const status = endingAfter(run, error)
    run.control.end(status)
    run.spare.giveUp()
    // The error of the work says more than one of the summary.
    await noteFailure(run, writeSummary(run.folder, withFailure({ ...summary, status }, { error })))
    throw error
  }
}

/** Writes a summary when the disk takes it. @errors FileError */
const writeWhenPossible = (run: TrainingRun, summary: RunSummary): Promise<void> =>
  untilWritten(run, () => writeSummary(run.folder, summary))

/** Notes the failure of a write that must not keep others from being tried. */
const noteFailure = async ({ terminal }: TrainingRun, written: Promise<void>): Promise<void> => {
  try {
    await written
  } catch (error) {
    terminal.note(`the summary is not written: ${explain(error)}`)
  }
}
