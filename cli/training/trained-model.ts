import { pipe } from 'fp-ts/lib/function.js'
import * as TE from 'fp-ts/lib/TaskEither.js'
import type { CheckpointError } from '../../lib/checkpoint/checkpoint-error.js'
import type { LearnerState, SavedState, TrainingState } from '../../lib/checkpoint/training-state.js'
import { orThrow } from '../../lib/or-throw.js'
import type { PipelineError } from '../../lib/pipeline-error.js'
import type { Learner } from '../../lib/policy/learner.js'
import type { LocalModel } from '../../lib/policy/local/local-model.js'
import type { Policy } from '../../lib/policy/policy.js'
import type { Server } from '../../lib/remote/http/server.js'
import { tinkerService } from '../../lib/remote/tinker/service.js'
import { learningRateOf } from '../config/optimizer.js'
import { plannedSteps, type TrainConfig } from '../config/train-config.js'
import type { Terminal } from '../terminal.js'
import { recoveryOf } from './limit-ports.js'
import type { TrainingResources } from './open-training.js'
import { loadTrainedModel } from './training-steps.js'

/** Model that a run trains: on the engines of this machine, or on servers. */
export interface TrainedModel {
  readonly policy: Policy
  readonly learner: Learner
  /** Returns a policy that scores with the starting weights. @errors CheckpointError, PipelineError */
  readonly freezeCheckpoint: () => TE.TaskEither<PipelineError | CheckpointError, Pick<Policy, 'score'>>
  /** Tells a model on this machine where the state of its newest version is stored. */
  readonly recoverFrom: LocalModel['recoverFrom']
  /** Frees what the model holds. A second call has no effect. */
  readonly close: () => Promise<void>
}

type ModelResources = Pick<TrainingResources, 'task' | 'base' | 'engine' | 'replicas' | 'servers'>

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
  if (servers.learner !== null) return servers.own(await openOnService(config, resources, servers.learner, state))
  return openHere(config, resources, terminal, state)
}

const openHere = (
  config: TrainConfig,
  { task, base, engine, replicas }: ModelResources,
  terminal: Pick<Terminal, 'note'>,
  state: LearnerState | null,
): Promise<LocalModel> =>
  loadTrainedModel(config, task, base.source, engine, replicas, {
    ...recoveryOf(config, terminal),
    // A resumed run has the learner that it had, so the form of its state is that of this machine.
    state: state as TrainingState | null,
  })

const openOnService = async (
  config: TrainConfig,
  { task, engine }: ModelResources,
  server: Server,
  state: LearnerState | null,
): Promise<TrainedModel> => {
  const { baseModel, lora, weightDecay, beta1, beta2, epsilon, seed } = config
  const service = await orThrow(
    tinkerService({
      server,
      baseModel: baseModel!,
      engine,
      tokenizer: task.tokenizer,
      learningRate: learningRateOf(config, plannedSteps(config) * (config.options.minibatches ?? 1)),
      ...(lora.rank === null ? {} : { rank: lora.rank }),
      adamw: { weightDecay, beta1, beta2, epsilon },
      seed,
      ...(state === null ? {} : { state: state as SavedState }),
    }),
  )
  return {
    policy: service.policy,
    learner: service.learner,
    freezeCheckpoint: () => pipe(TE.of(undefined), TE.map(service.reference)),
    recoverFrom: () => undefined,
    close: service.close,
  }
}
