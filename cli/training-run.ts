import { join } from 'node:path'
import * as E from 'fp-ts/lib/Either.js'
import { EMPTY, ignoreElements, lastValueFrom, type Observable, Subscription, takeUntil, tap, using } from 'rxjs'
import { stringify } from 'yaml'
import type { Engine } from '../lib/compute/engine/engine.js'
import type { Evaluation } from '../lib/evaluation/evaluation.js'
import { writeHuggingFace } from '../lib/model/hugging-face/write-folder.js'
import { writeAdapters } from '../lib/model/lora/peft-folder.js'
import { inMemory, withWeights } from '../lib/model/model-checkpoint.js'
import { writeModel } from '../lib/model/model-file.js'
import type { LocalModel } from '../lib/policy/local/local-model.js'
import type { Prompt } from '../lib/rollout/prompt.js'
import { inBandShare, medianStepSeconds, type RunHistory, secondsByStage, skippedSteps } from '../lib/run/history.js'
import { writePlots } from '../lib/plot/write-plots.js'
import { appendLine } from '../lib/run/json-lines.js'
import { runFiles } from '../lib/run/run-folder.js'
import { EvaluationCodec } from '../lib/run/step-evaluation.js'
import { type RunSummary, RunSummaryCodec } from '../lib/run/summary.js'
import { writeWhole } from '../lib/file/write-whole.js'
import type { RunControl, EntropyAndGate } from '../lib/control/run-control.js'
import type { Task } from '../lib/task/task.js'
import { readTokenizerFiles } from '../lib/tokenizer/read-tokenizer.js'
import { evaluation } from '../pipelines/evaluation.js'
import type { TrainConfig } from './config/train-config.js'
import { powersOfTwo } from './display/evaluation.js'
import { live } from './display/live.js'
import { outcome } from './display/outcome.js'
import { emptyView, type RunView } from './display/view.js'
import { exitCodes, explain } from './exit.js'
import { orThrow, rightOrThrow } from '../lib/or-throw.js'
import { type Followed, followRun } from './follow-run.js'
import type { Interruption } from './interruption.js'
import type { OpenedModel } from './open-model.js'
import type { Terminal } from './terminal.js'
import { modelOf, trainingSteps } from './training-steps.js'

/** What a run works with. */
export interface TrainingRun {
  readonly config: TrainConfig
  readonly task: Task
  /** Prompts it is evaluated on. */
  readonly heldOut: readonly Prompt[]
  /** What is trained. */
  readonly base: OpenedModel
  readonly engine: Engine
  /** Engines that share its work. */
  readonly replicas: readonly Engine[]
  /** Empty, and the run's own. */
  readonly folder: string
  readonly steering: EntropyAndGate
  /** Told how it ended. */
  readonly control: Pick<RunControl, 'end'>
  readonly interrupted: Interruption
  readonly terminal: Terminal
}

/** Evaluates, trains, evaluates again; whichever way it ends, the folder holds what there is. Gives the exit code. */
export const trainingRun = async (run: TrainingRun): Promise<number> => {
  const { config, control, folder, interrupted, steering, task, terminal } = run
  await orThrow(writeWhole(join(folder, runFiles.config), stringify(config)))
  const { model, base } = await prepared(run).catch(async (error: unknown) => {
    const failed = { view: startOf(run), failure: { error } }
    await orThrow(writeSummary(folder, summaryOf(run, failed, 'failed', null)))
    throw error
  })
  const followed = await followRun(
    trainingSteps(config, task, model, steering).pipe(takeUntil(interrupted.stop$)),
    folder,
    startOf(run),
    live(terminal),
    {
      tokenizer: task.tokenizer,
      tensorboard: config.tensorboard,
      afterStep: (done) => (isEvaluatedAt(config, done) ? evaluatedBetween(run, model, done) : EMPTY),
    },
  )
  const status = followed.failure !== null ? 'failed' : interrupted.asked() ? 'interrupted' : 'finished'
  control.end(status)
  // Written before what may still fail, and again with what comes of it.
  const untested = summaryOf(run, followed, status, base)
  await orThrow(writeSummary(folder, untested))
  const summary = await closed(run, model, followed, untested).catch(async (error: unknown) => {
    await orThrow(writeSummary(folder, { ...untested, status: 'failed' }))
    throw error
  })
  await orThrow(writeSummary(folder, summary))
  terminal.write(
    `\n${outcome(summary).join('\n')}\n${status === 'failed' ? 'What there is' : 'Everything'} is in ${folder}\n`,
  )
  if (followed.failure !== null) throw followed.failure.error
  return interrupted.asked() ? exitCodes.interrupted : exitCodes.done
}

/** Draws, saves, and says how good the model is: what it came to. */
const closed = async (
  run: TrainingRun,
  model: LocalModel,
  followed: Followed,
  untested: RunSummary,
): Promise<RunSummary> => {
  const { status } = untested
  await drawPlots(run, followed)
  const saved = saveModel(run, model, followed.view.history)
  // The engine that failed may be the one that holds the weights: what went wrong first is told then.
  await (status === 'failed'
    ? saved.catch((error: unknown) => run.terminal.note(`the weights are lost: ${explain(error)}`))
    : saved)
  return status === 'finished' ? tested(untested, await lastOf(evaluated(run, model, untested.steps))) : untested
}

/** The model, and how good it is before it is trained. */
const prepared = async (run: TrainingRun) => {
  const { config, task, base, engine, replicas, heldOut, terminal } = run
  const model = await modelOf(config, task, base.source, engine, replicas)
  terminal.write(`evaluating the checkpoint on ${heldOut.length} held-out prompts\n`)
  return { model, base: await lastOf(evaluated(run, model, 0)) }
}

/** A run whose last evaluation was interrupted was interrupted. */
const tested = (summary: RunSummary, trained: Evaluation | null): RunSummary =>
  trained === null ? { ...summary, status: 'interrupted' } : { ...summary, trained }

const startOf = ({ config, engine }: TrainingRun): RunView =>
  emptyView(`${config.algorithm} on ${config.task}, seed ${config.seed}, engine ${engine.name}`, config.steps)

/** On held-out prompts after so many steps, and in the log; nothing where it was interrupted. */
const evaluated = (
  { config, task, folder, heldOut, interrupted }: TrainingRun,
  { policy }: LocalModel,
  step: number,
): Observable<Evaluation> => {
  const { samples } = config.evaluation
  return evaluation(
    { policy, verifier: task.verifier, prompts: heldOut },
    {
      ks: powersOfTwo(samples),
      sampling: { group: samples, maxTokens: config.maxTokens, seed: config.seed },
      seed: config.seed,
    },
  ).pipe(
    tap((found) =>
      rightOrThrow(appendLine(join(folder, runFiles.evaluations), { step, ...EvaluationCodec.encode(found) })()),
    ),
    takeUntil(interrupted.stop$),
  )
}

/** Null where there was none. */
const lastOf = <A>(values$: Observable<A>): Promise<A | null> => lastValueFrom(values$, { defaultValue: null })

/** The last step has the evaluation after the run. */
const isEvaluatedAt = ({ evaluation: { every }, steps }: TrainConfig, done: number): boolean =>
  every > 0 && done % every === 0 && done < steps

/** With the weights that the step left: none are updated, and nothing is drawn for another, before it ends. */
const evaluatedBetween = (run: TrainingRun, model: LocalModel, done: number): Observable<never> =>
  using(
    () => new Subscription(run.steering.gate.hold({ updates: true })),
    () => evaluated(run, model, done).pipe(ignoreElements()),
  )

const saveModel = async (
  { config, base: { source, path, kind }, folder }: TrainingRun,
  { learner }: LocalModel,
  { metrics }: RunHistory,
): Promise<void> => {
  const { parameters } = await orThrow(learner.snapshot())
  const { task, algorithm, seed } = config
  const controller = metrics.at(-1)?.controller ?? null
  const metadata = {
    ...source.metadata,
    trained: `${algorithm} on ${task}, seed ${seed}, ${metrics.length} steps`,
    ...(controller === null ? {} : { controller: JSON.stringify(controller) }),
  }
  const { lora } = source.config
  if (lora !== undefined)
    await orThrow(writeAdapters(join(folder, runFiles.adapter), { config: lora, parameters }, path))
  const trained = withWeights({ ...source, metadata }, parameters)
  if (kind === 'own') await orThrow(writeModel(join(folder, runFiles.checkpoint), await inMemory(trained)))
  else if (lora === undefined) {
    const beside = kind === 'folder' ? { source: path } : { files: await orThrow(readTokenizerFiles(path)) }
    await orThrow(writeHuggingFace(join(folder, runFiles.model), trained, beside))
  }
}

/** A picture that cannot be drawn must not cost the run. */
const drawPlots = async ({ config, folder, terminal }: TrainingRun, { view }: Followed): Promise<void> => {
  const { metrics } = view.history
  if (metrics.length === 0) return
  const drawn = await writePlots(folder, metrics, `${config.algorithm} on ${config.task}, seed ${config.seed}`)()
  if (E.isLeft(drawn)) terminal.note(`the plots are missing: ${explain(drawn.left)}`)
}

const writeSummary = (folder: string, summary: RunSummary) =>
  writeWhole(join(folder, runFiles.summary), `${JSON.stringify(RunSummaryCodec.encode(summary), null, 2)}\n`)

const summaryOf = (
  { config, engine }: TrainingRun,
  { view: { history } }: Followed,
  status: RunSummary['status'],
  base: Evaluation | null,
): RunSummary => ({
  task: config.task,
  algorithm: config.algorithm,
  seed: config.seed,
  engine: engine.name,
  status,
  planned: config.steps,
  steps: history.metrics.length,
  skipped: skippedSteps(history),
  inBandShare: inBandShare(history),
  stepSeconds: medianStepSeconds(history),
  secondsByStage: secondsByStage(history),
  base,
  trained: null,
})
