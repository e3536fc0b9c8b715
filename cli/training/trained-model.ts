import { join, resolve } from 'node:path'
import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import * as TE from 'fp-ts/lib/TaskEither.js'
import { combineLatest, map, type Observable, of, Subject } from 'rxjs'
import type { CheckpointError } from '../../lib/checkpoint/checkpoint-error.js'
import type { LearnerState, SavedState, TrainingState } from '../../lib/checkpoint/training-state.js'
import type { RunServer } from '../../lib/control/run-state.js'
import { machineDisk } from '../../lib/file/disk.js'
import { orThrow } from '../../lib/or-throw.js'
import type { PipelineError } from '../../lib/pipeline-error.js'
import type { Learner } from '../../lib/policy/learner.js'
import type { LocalModel } from '../../lib/policy/local/local-model.js'
import type { Policy } from '../../lib/policy/policy.js'
import { once } from '../../lib/resource.js'
import type { Server } from '../../lib/remote/http/server.js'
import { isFinal, ServerError } from '../../lib/remote/http/server-error.js'
import type { SettingError } from '../../lib/remote/http/setting-error.js'
import { openAiPolicy } from '../../lib/remote/openai/openai-policy.js'
import { laterPolicy } from '../../lib/remote/pool/later-policy.js'
import { pooled } from '../../lib/remote/pool/pooled.js'
import type { RemotePolicy } from '../../lib/remote/remote-policy.js'
import { sglangPolicy } from '../../lib/remote/sglang/sglang-policy.js'
import { adapterSync } from '../../lib/remote/sync/adapter-sync.js'
import { folderSync } from '../../lib/remote/sync/folder-sync.js'
import { type RemoteRollouts, remoteRollouts } from '../../lib/remote/sync/remote-rollouts.js'
import type { WeightSync } from '../../lib/remote/sync/weight-sync.js'
import { tinkerService } from '../../lib/remote/tinker/service.js'
import { runFiles } from '../../lib/run/run-folder.js'
import { adamwOf } from '../config/optimizer.js'
import type { TrainConfig } from '../config/train-config.js'
import type { Terminal } from '../terminal.js'
import { recoveryOf } from './limit-ports.js'
import { noteServers, noteService } from './note-servers.js'
import type { TrainingResources } from './open-training.js'
import { learningRateOfRun, loadTrainedModel } from './training-steps.js'

/** Model that a run trains: on the engines of this machine, or on servers. */
export interface TrainedModel {
  readonly policy: Policy
  readonly learner: Learner
  /** Returns a policy that scores with the starting weights. @errors CheckpointError, PipelineError */
  readonly freezeCheckpoint: () => TE.TaskEither<PipelineError | CheckpointError, Pick<Policy, 'score'>>
  /** State of the servers that sample or train; absent for a model on this machine. */
  readonly servers$?: Observable<readonly RunServer[]>
  /** Emits while a model on this machine recovers from the loss of an engine, and answers no call; absent for one on a service. */
  readonly progress$?: Observable<unknown>
  /** Tells a model on this machine where the state of its newest version is stored. */
  readonly recoverFrom: LocalModel['recoverFrom']
  /** Frees what the model holds. A second call has no effect. */
  readonly close: () => Promise<void>
}

type ModelResources = Pick<TrainingResources, 'task' | 'base' | 'engine' | 'replicas' | 'servers' | 'claimed'>

/**
 * Opens the model that a configuration trains. `state` is the state of the learner to go on from; null for the starting weights.
 *
 * @errors CheckpointError, PipelineError EngineFailed, ServerError
 */
export const openTrainedModel = async (
  config: TrainConfig,
  resources: ModelResources,
  terminal: Pick<Terminal, 'note'>,
  state: LearnerState | null = null,
): Promise<TrainedModel> => {
  const { servers } = resources
  const model =
    servers.learner === null
      ? await openHere(config, resources, terminal, state)
      : servers.own(await openOnService(config, resources, servers.learner, terminal, state))
  return config.rollouts === null ? model : withRollouts(config, config.rollouts, resources, model, terminal)
}

/** Model whose newest weights can be read, so that other samplers get them. */
type ReadableModel = TrainedModel & Parameters<typeof remoteRollouts>[0]

const openHere = async (
  config: TrainConfig,
  { task, base, engine, replicas }: ModelResources,
  terminal: Pick<Terminal, 'note'>,
  state: LearnerState | null,
): Promise<ReadableModel> => {
  const progress$ = new Subject<void>()
  const model = await loadTrainedModel(config, task, base.source, engine, replicas, {
    ...recoveryOf(config, terminal, () => progress$.next()),
    // A resumed run has the learner that it had, so the form of its state is that of this machine.
    state: state as TrainingState | null,
  })
  return { ...model, progress$ }
}

/** Samples on servers with the weights of a model that trains here or on a service. */
const withRollouts = async (
  config: TrainConfig,
  addresses: readonly string[],
  { task, base, servers, claimed }: ModelResources,
  model: ReadableModel,
  terminal: Pick<Terminal, 'note'>,
): Promise<TrainedModel> => {
  const { rolloutKind, rolloutPrompts, rolloutTimeout, learner, adapterPathOnServer } = config
  // Beside a service, the name of the base model is that on the service.
  const baseModel = learner === null ? config.baseModel : null
  const folder = resolve(config.adapterDir ?? join(claimed.folder, runFiles.published))
  const options = {
    tokenizer: task.tokenizer,
    prompts: rolloutPrompts,
    timeout: rolloutTimeout,
    // The pool repeats a prompt on another server, and waits for servers itself.
    retry: { retries: 1, patience: 0 },
    ...(servers.rolloutKey === null ? {} : { key: servers.rolloutKey }),
    ...(adapterPathOnServer === null ? {} : { folders: { [folder]: adapterPathOnServer } }),
  }
  const policies = await openPolicies(addresses, (url) =>
    rolloutKind === 'vllm'
      ? openAiPolicy({ url, ...options, ...(baseModel === null ? {} : { model: baseModel }) })
      : sglangPolicy({ url, ...options }),
  )
  const pool = pooled(policies, { promptsPerServer: rolloutPrompts, timeLimit: rolloutTimeout })
  const rollouts = remoteRollouts(model, pool, syncOf(config, base, folder))
  const removeFolder = () => (config.adapterDir === null ? machineDisk.remove(folder) : Promise.resolve())
  const noting = noteServers(rollouts.servers$, terminal)
  const close = once(() => {
    noting.unsubscribe()
    return rollouts.close().then(removeFolder).finally(model.close)
  })
  return servers.own({
    ...model,
    policy: rollouts.policy,
    learner: rollouts.learner,
    servers$: joinServers(rollouts.servers$, model.servers$),
    close,
  })
}

/**
 * Opens the policies of the servers that sample. A server that does not answer is opened later, if another one answers. If one cannot
 * be opened for good, or none can, those before it are closed.
 *
 * @errors rejects with ServerError that names `--rollouts`, or with SettingError
 */
const openPolicies = async (
  addresses: readonly string[],
  open: (url: string) => TE.TaskEither<ServerError | SettingError, RemotePolicy>,
): Promise<readonly RemotePolicy[]> => {
  const policies: RemotePolicy[] = []
  const silent: ServerError[] = []
  try {
    for (const url of addresses) {
      const opened = await open(url)()
      if (E.isRight(opened)) policies.push(opened.right)
      else if (opened.left instanceof ServerError && !isFinal(opened.left)) {
        silent.push(opened.left)
        policies.push(laterPolicy(url, open(url), opened.left))
      } else throw opened.left
    }
    if (silent.length === addresses.length) throw withFlag(silent[0]!, '--rollouts')
    return policies
  } catch (error) {
    await Promise.all(policies.map((policy) => policy.close()))
    throw error
  }
}

/** Names the flag with the address of a server that does not answer at the start of a run. */
const withFlag = <E>(error: E, flag: '--rollouts' | '--learner'): E | ServerError =>
  error instanceof ServerError && (error.problem === 'unreachable' || error.problem === 'timed-out')
    ? new ServerError(
        error.problem,
        error.place,
        error.found,
        `${error.expected}. Start the server, or change ${flag}`,
        { cause: error },
      )
    : error

/** States of the servers that sample, and of the service that trains if there is one. */
const joinServers = (
  samplers$: RemoteRollouts['servers$'],
  trainers$: Observable<readonly RunServer[]> = of([]),
): Observable<readonly RunServer[]> =>
  combineLatest([samplers$, trainers$]).pipe(
    map(([samplers, trainers]) => [
      ...samplers.map(({ name, state, version, tokensPerSecond, waiting, fault }): RunServer => ({
        ...{ name, work: 'samples', state, version, tokensPerSecond, waiting },
        ...faultText(fault),
      })),
      ...trainers.map((trainer): RunServer => ({ ...trainer, work: 'trains' })),
    ]),
  )

const faultText = (fault: ServerError | null): Pick<RunServer, 'fault'> =>
  fault === null ? {} : { fault: fault.message }

/** Publishes adapters, or whole models where none train. */
const syncOf = (
  { learner }: TrainConfig,
  { source, path, kind }: ModelResources['base'],
  folder: string,
): WeightSync => {
  if (source.config.lora !== undefined || learner !== null) return adapterSync({ folder, base: path })
  return folderSync({ folder, ...(kind === 'folder' ? { source: path } : {}) })
}

const openOnService = async (
  config: TrainConfig,
  { task, base, engine }: ModelResources,
  server: Server,
  terminal: Pick<Terminal, 'note'>,
  state: LearnerState | null,
): Promise<ReadableModel> => {
  const { baseModel, lora, seed } = config
  const service = await orThrow(
    pipe(
      tinkerService({
        server,
        baseModel: baseModel!,
        network: base.source.config,
        engine,
        tokenizer: task.tokenizer,
        learningRate: learningRateOfRun(config),
        ...(lora.rank === null ? {} : { rank: lora.rank }),
        adamw: adamwOf(config),
        seed,
        ...(state === null ? {} : { state: state as SavedState }),
      }),
      TE.mapLeft((error) => withFlag(error, '--learner')),
    ),
  )
  const noting = noteService(server.name, service.status$, terminal)
  return {
    policy: service.policy,
    learner: service.learner,
    readParameters: service.readParameters,
    freezeCheckpoint: () => pipe(TE.of(undefined), TE.map(service.freezeBase)),
    servers$: service.status$.pipe(
      map(({ isAlive, version, tokensPerSecond, waiting, fault }): readonly RunServer[] => [
        {
          name: server.name,
          work: 'samples and trains',
          state: isAlive ? 'ready' : 'away',
          ...{ version, tokensPerSecond, waiting },
          ...faultText(fault),
        },
      ]),
    ),
    recoverFrom: () => undefined,
    close: once(() => {
      noting.unsubscribe()
      return service.close()
    }),
  }
}
