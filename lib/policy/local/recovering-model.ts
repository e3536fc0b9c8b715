import { pipe } from 'fp-ts/lib/function.js'
import * as TE from 'fp-ts/lib/TaskEither.js'
import { catchError, concat, defer, EMPTY, filter, ignoreElements, lastValueFrom } from 'rxjs'
import { type Observable, tap } from 'rxjs'
import { CheckpointError } from '../../checkpoint/checkpoint-error.js'
import type { TrainingState } from '../../checkpoint/training-state.js'
import { describeThrown } from '../../describe.js'
import { checkOptions, integerFrom } from '../../option.js'
import { orThrow } from '../../or-throw.js'
import { PipelineError } from '../../pipeline-error.js'
import { once } from '../../resource.js'
import type { RolloutGroup } from '../../rollout/rollout-group.js'
import type { Learner } from '../learner.js'
import { learnerLock } from '../learner-lock.js'
import type { Policy } from '../policy.js'
import { createGenerations, type Generation, type Generations } from './generations.js'
import type { LocalModel, LocalModelOptions, OpenedModel } from './local-model.js'
import { type EngineRestart, engineRestarter, lossIn } from './restart-engines.js'
import { createUpdateLog, type UpdateLog } from './update-log.js'

/** Recovery of a local model from the loss of an engine, whose thread ended or ran out of memory, or whose device is lost. */
export interface RecoveryOptions {
  /** Maximum number of times that lost engines are started again in the life of the model [3]. One more loss ends the run. */
  readonly restarts?: number
  /**
   * Number of updates after which weights and moments are copied to the host, unless {@link LocalModel.recoverFrom} is called
   * oftener [50]. At most as many updates are repeated after a loss, and their batches are kept. A copy takes 12 bytes of host
   * memory for each number that trains.
   */
  readonly copyEvery?: number
  /** Receives each restart of an engine, for a log. */
  readonly onRestart?: (restart: EngineRestart) => void
  /** Called after each update that is repeated after a loss, for a limit of the time in which a call must answer. */
  readonly onRepeat?: () => void
}

/** Opens the model in a state; without a state, in that of its checkpoint. */
type OpenModel = (state: TrainingState | undefined) => TE.TaskEither<PipelineError | CheckpointError, OpenedModel>

/**
 * Opens a local model that survives the loss of engines. A call that a loss interrupts is made again, with the newest version of
 * the weights, so that its caller notices only the time.
 *
 *     engine    -----x===--------     x: lost; ===: started again, with the state on the host and the updates since
 *     sample    -a-b-   --A-B-c|      A, B: the same draws again, not emitted
 *     output    -a-b----------c|
 *
 * @errors RangeError, thrown, for an impossible option; the errors of `open`; through the ports PipelineError EngineLost when
 *   engines were lost more often than `restarts`
 */
export const recoveringModel = (
  options: LocalModelOptions,
  recovery: RecoveryOptions,
  open: OpenModel,
): TE.TaskEither<PipelineError | CheckpointError, LocalModel> => {
  checkOptions(recovery, { restarts: integerFrom(0), copyEvery: integerFrom(1) }, 'recovery.')
  return pipe(
    open(options.state),
    TE.map((model) => supervise(options, recovery, { model, frozen: [] }, open)),
  )
}

const supervise = (
  { engine, replicas = [], state, checkpoint }: LocalModelOptions,
  { restarts = 3, copyEvery = 50, onRestart = () => undefined, onRepeat = () => undefined }: RecoveryOptions,
  first: Generation,
  open: OpenModel,
): LocalModel => {
  const log = createUpdateLog(state)
  const frozen: Freeze[] = []
  const restartLost = engineRestarter([engine, ...replicas], restarts, onRestart)
  const generations = createGenerations(first, async ({ model }, loss) => {
    await model.close()
    return afterLosses(loss, restartLost, () => rebuild(open, log, frozen, onRepeat))
  })
  return {
    policy: recoveringPolicy(generations, log, checkpoint.config.vocabulary),
    learner: recoveringLearner(generations, log, copyEvery),
    freeze: () => {
      const { present } = generations
      if (present === null) throw new PipelineError('EngineLost', 'found freeze() while a lost engine is started again')
      const place = frozen.push(freezeAgain(present.model, log)) - 1
      present.frozen[place] = present.model.freeze()
      return frozenPolicy(generations, place)
    },
    freezeCheckpoint: () =>
      TE.tryCatch(
        async () => {
          const place = frozen.push(freezeCheckpoint) - 1
          await lastValueFrom(generations.call((generation) => freezeAt(generation, place, freezeCheckpoint)))
          return frozenPolicy(generations, place)
        },
        (error) => error as PipelineError | CheckpointError,
      ),
    readParameters: () =>
      TE.tryCatch(
        () => lastValueFrom(generations.call(({ model }) => orThrow(model.readParameters()))),
        (error) => error as PipelineError,
      ),
    recoverFrom: (version, read) => {
      if (version === log.version) log.startFrom(read)
    },
    close: once(() => generations.close()),
  }
}

/** Starts lost engines again and builds on them, until no engine is lost while it builds. */
const afterLosses = async <A>(
  loss: PipelineError,
  restartLost: (loss: PipelineError) => Promise<void>,
  build: () => Promise<A>,
): Promise<A> => {
  await restartLost(loss)
  try {
    return await build()
  } catch (error) {
    const next = lossIn(error)
    if (next === undefined) throw error
    return afterLosses(next, restartLost, build)
  }
}

/** Opens the model in the state of the last published version, with its frozen policies. */
const rebuild = async (
  open: OpenModel,
  log: UpdateLog,
  frozen: readonly Freeze[],
  onRepeat: () => void,
): Promise<Generation> => {
  const model = await orThrow(open(log.start === undefined ? undefined : await orThrow(log.start)))
  try {
    await log.repeat(model.learner, onRepeat)
    const generation = { model, frozen: [] }
    for (const [place, freeze] of frozen.entries()) await freezeAt(generation, place, freeze)
    return generation
  } catch (error) {
    await model.close()
    throw error
  }
}

/** Creates a frozen policy on a model whose newest version may be another one. */
type Freeze = (model: OpenedModel) => Promise<Pick<Policy, 'score'>>

const freezeCheckpoint: Freeze = (model) => orThrow(model.freezeCheckpoint())

/** Returns how the newest version of a model is frozen again after later updates. */
const freezeAgain = ({ policy: { version }, readParameters }: OpenedModel, { start, length }: UpdateLog): Freeze => {
  if (length === 0 && start === undefined) return freezeCheckpoint
  const reading = orThrow(readParameters())
  // An error is reported when the parameters are needed.
  reading.catch(() => undefined)
  return async (model) => model.freezeVersion(version, (await reading).parameters)
}

/** Creates the frozen policy of a place, unless the generation was opened with it. */
const freezeAt = async ({ model, frozen }: Generation, place: number, freeze: Freeze): Promise<void> => {
  frozen[place] ??= await freeze(model)
}

const frozenPolicy = (generations: Generations, place: number): Pick<Policy, 'score'> => ({
  score: (...batch) => generations.call(({ frozen }) => frozen[place]!.score(...batch)),
})

const recoveringPolicy = (generations: Generations, log: UpdateLog, vocabulary: number): Policy => ({
  get version() {
    return generations.present?.model.policy.version ?? log.version
  },
  vocabulary,
  sample: (prompts, sampling) =>
    defer(() => {
      const emitted = new Set<number>()
      return generations
        .call<RolloutGroup>(({ model }) => model.policy.sample(prompts, sampling))
        .pipe(
          filter(({ index }) => !emitted.has(index)),
          tap(({ index }) => emitted.add(index)),
        )
    }),
  score: (...batch) => generations.call(({ model }) => model.policy.score(...batch)),
})

const recoveringLearner = (generations: Generations, log: UpdateLog, copyEvery: number): Learner<TrainingState> => {
  const { call } = generations
  const lock = learnerLock()
  const readState = () => call(({ model }) => orThrow(model.learner.snapshot()))
  /** Copies the state to the host. If that fails, the log only grows. */
  const copyState = (): Observable<never> =>
    readState().pipe(
      tap((state) => log.startFrom(TE.right(state), state.version)),
      ignoreElements(),
      catchError((error: unknown) => {
        if (lossIn(error) !== undefined) throw error
        return EMPTY
      }),
    )
  return {
    lock,
    update: (batch, objective) =>
      lock.update(
        batch,
        defer(() =>
          concat(
            // An update that was unsubscribed may have published a version that the log does not contain. The state is copied
            // before an update, because the report of an update that is made must not wait: a run that stops would lose it.
            isLogged(generations.present, log) && log.length < copyEvery ? EMPTY : copyState(),
            call(({ model }) => model.learner.update(batch, objective)).pipe(
              tap((report) => log.record({ batch, objective }, report)),
            ),
          ),
        ),
      ),
    snapshot: () =>
      TE.tryCatch(
        () => lastValueFrom(readState()),
        (cause) =>
          cause instanceof CheckpointError
            ? cause
            : new CheckpointError('snapshot', describeThrown(cause), 'weights that the engine can read', { cause }),
      ),
  }
}

/** True if the log contains the newest version. A generation that is being replaced publishes nothing. */
const isLogged = (present: Generation | null, log: UpdateLog): boolean =>
  present === null || present.model.policy.version === log.version
