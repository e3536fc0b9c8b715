import { defer, map, type Observable, of, switchMap } from 'rxjs'
import type { TrainingState } from '../../lib/checkpoint/training-state.js'
import type { Engine } from '../../lib/compute/engine/engine.js'
import { initialPipelineState, type PipelineState } from '../../lib/control/pipeline-state.js'
import type { EntropyAndGate } from '../../lib/control/run-control.js'
import { type FilterEntry, filters } from '../../lib/entropy/filter/index.js'
import type { Filter } from '../../lib/entropy/filter.js'
import type { ModelSource } from '../../lib/model/model-checkpoint.js'
import { type LocalModel, localModel, type LocalModelOptions } from '../../lib/policy/local/local-model.js'
import { orThrow } from '../../lib/or-throw.js'
import type { Task } from '../../lib/task/task.js'
import { gateAndTimePorts } from '../../lib/timing/gate-and-time-ports.js'
import type { TimedStep } from '../../lib/timing/step-seconds.js'
import type { TrainingPorts } from '../../pipelines/training-options.js'
import { algorithms } from '../../pipelines/algorithms/index.js'
import { adamwOf, learningRateOf } from '../config/optimizer.js'
import { type PlannedConfig, plannedSteps, type TrainConfig } from '../config/train-config.js'
import { residentBytes } from '../gauges.js'
import { rewardOptions } from '../resources/open-task.js'
import { limitPorts } from './limit-ports.js'
import { createSteering } from './open-run.js'

/** Loads the model that a configuration trains onto an engine and its replicas. @errors PipelineError EngineFailed */
export const loadTrainedModel = (
  config: TrainConfig,
  task: Task,
  checkpoint: ModelSource,
  engine: Engine,
  replicas: readonly Engine[] = [],
  state: TrainingState | null = null,
  recovery: Pick<LocalModelOptions, 'recovery'> = {},
): Promise<LocalModel> => {
  const { microBatch, microBatchTokens, gradientCheckpointing, slots, rolloutWeights, seed } = config
  return orThrow(
    localModel({
      engine,
      replicas,
      checkpoint,
      ...(state === null ? {} : { state }),
      tokenizer: task.tokenizer,
      learningRate: learningRateOf(config, plannedSteps(config) * (config.options.minibatches ?? 1)),
      adamw: adamwOf(config),
      microBatch,
      microBatchTokens,
      gradientCheckpointing,
      slots,
      rolloutWeights,
      seed,
      ...recovery,
    }),
  )
}

const createFilter = ({ filter, prediction }: TrainConfig): Filter => {
  const { create }: FilterEntry = filters[filter]
  return create(prediction === null ? {} : { prediction })
}

/** Training pipeline of a configuration, with the time of each step. Time in which the run is paused does not count. */
export const trainingSteps = (
  config: PlannedConfig,
  task: Task,
  model: LocalModel,
  { entropy, gate }: EntropyAndGate = createSteering(config),
  resumeFrom: PipelineState = initialPipelineState,
): Observable<TimedStep> => {
  const limited = limitPorts(config, model, gate.clock)
  const { policy, learner, timeSteps } = gateAndTimePorts(limited, gate, residentBytes)
  const { prompts, inFlight, group, temperature, scoreTemperature, topK, topP, maxTokens, seed } = config
  const create = (reference: Partial<Pick<TrainingPorts, 'reference'>>) =>
    algorithms[config.algorithm].create(
      {
        policy,
        learner,
        verifier: task.verifier,
        rewardScale: task.rewardScale,
        prompts: task.prompts('train', seed, resumeFrom.prompts.from),
        ...reference,
      },
      {
        control: entropy,
        steps: config.steps,
        sampling: { group, temperature, topK, topP, maxTokens, seed },
        ...(scoreTemperature === null ? {} : { scoreTemperature }),
        demand: { prompts, inFlight },
        reward: rewardOptions(config.reward),
        algorithm: config.options,
        filter: createFilter(config),
        resumeFrom,
      },
    )
  const reference$ =
    (config.options.klCoefficient ?? 0) > 0
      ? defer(() => orThrow(model.freezeCheckpoint())).pipe(
          map((reference) => limitPorts(config, { reference }, gate.clock)),
        )
      : of({})
  return reference$.pipe(switchMap(create), timeSteps)
}
