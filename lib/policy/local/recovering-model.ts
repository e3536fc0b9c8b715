import { pipe } from 'fp-ts/lib/function.js'
import * as TE from 'fp-ts/lib/TaskEither.js'
import { catchError, concat, concatMap, defer, EMPTY, filter, from, ignoreElements, lastValueFrom } from 'rxjs'
import { type Observable, of, tap } from 'rxjs'
import { CheckpointError } from '../../checkpoint/checkpoint-error.js'
import type { TrainingState } from '../../checkpoint/training-state.js'
import type { HostTensor } from '../../compute/program/node.js'
import { describeThrown } from '../../describe.js'
import { iterateWeights } from '../../model/model-checkpoint.js'
import { trainedShapes, type WeightMap } from '../../model/weights.js'
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
   * Number of updates after which weights and moments are copied to the host [10]. At most as many updates are repeated after
   * a loss. The copy takes 12 bytes of host memory for each number that trains.
   */
  readonly copyEvery?: number
  /** Receives each restart of an engine, for a log. */
  readonly onRestart?: (restart: EngineRestart) => void
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
  { restarts = 3, copyEvery = 10, onRestart = () => undefined }: RecoveryOptions,
  first: Generation,
  open: OpenModel,
): LocalModel => {
  const log = createUpdateLog(state)
  const frozenVersions: FrozenVersion[] = []
  const restartLost = engineRestarter([engine, ...replicas], restarts, onRestart)
  const generations = createGenerations(first, async ({ model }, cause) => {
    await model.close()
    for (let loss = cause; ;) {
      await restartLost(loss)
      try {
        return await rebuild(open, log, frozenVersions)
      } catch (error) {
        const next = lossIn(error)
        if (next === undefined) throw error
        loss = next
      }
    }
  })
  return {
    policy: recoveringPolicy(generations, log, checkpoint.config.vocabulary),
    learner: recoveringLearner(generations, log, copyEvery),
    freeze: () => {
      const { present } = generations
      if (present === null) throw new PipelineError('EngineLost', 'found freeze() while a lost engine is started again')
      const place = frozenVersions.push(newestVersion(present.model, log, checkpoint)) - 1
      present.frozen.push(present.model.freeze())
      return { score: (...batch) => generations.call(({ frozen }) => frozen[place]!.score(...batch)) }
    },
    close: once(() => generations.close()),
  }
}

/** Opens the model in the state of the last published version, with its frozen policies. */
const rebuild = async (
  open: OpenModel,
  log: UpdateLog,
  frozenVersions: readonly FrozenVersion[],
): Promise<Generation> => {
  const model = await orThrow(open(log.start))
  try {
    await log.repeat(model.learner)
    const frozen: Generation['frozen'] = []
    for (const { version, read } of frozenVersions) frozen.push(await model.freezeVersion(version, await read()))
    return { model, frozen }
  } catch (error) {
    await model.close()
    throw error
  }
}

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

const recoveringLearner = (generations: Generations, log: UpdateLog, copyEvery: number): Learner => {
  const { call } = generations
  const lock = learnerLock()
  const readState = () => call(({ model }) => orThrow(model.learner.snapshot()))
  /** Copies the state to the host. If that fails, the log only grows. */
  const copyState = (): Observable<never> =>
    readState().pipe(
      tap(log.startFrom),
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
            // An update that was unsubscribed may have published a version that the log does not contain.
            isLogged(generations.present, log) ? EMPTY : copyState(),
            call(({ model }) => model.learner.update(batch, objective)).pipe(
              tap((report) => log.record({ batch, objective }, report)),
              concatMap((report) => (log.length < copyEvery ? of(report) : concat(copyState(), of(report)))),
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

/** Version of the parameters that a frozen policy scores with. */
interface FrozenVersion {
  readonly version: number
  /** Returns the parameters on the host, also after their engine is lost. */
  readonly read: () => Promise<WeightMap<HostTensor>>
}

const newestVersion = (
  { policy: { version }, readParameters }: OpenedModel,
  { start, length }: UpdateLog,
  checkpoint: LocalModelOptions['checkpoint'],
): FrozenVersion => {
  if (length === 0 && start === undefined) return { version, read: () => readTrained(checkpoint) }
  if (length === 0 && start !== undefined) return { version, read: () => Promise.resolve(start.parameters) }
  const reading = readParameters()
  // An error is reported when the parameters are needed.
  reading.catch(() => undefined)
  return { version, read: () => reading }
}

/** Reads the weights of a model that train. */
const readTrained = async (checkpoint: LocalModelOptions['checkpoint']): Promise<WeightMap<HostTensor>> => {
  const trained = trainedShapes(checkpoint.config)
  const parameters = new Map<string, HostTensor>()
  for await (const [name, tensor] of iterateWeights(checkpoint)) if (trained.has(name)) parameters.set(name, tensor)
  return parameters
}
