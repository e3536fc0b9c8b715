import { defer, map, type Observable, of, switchMap } from 'rxjs'
import type { TrainingState } from '../../lib/checkpoint/training-state.js'
import type { Engine } from '../../lib/compute/engine/engine.js'
import { initialPipelineState, type PipelineState } from '../../lib/control/pipeline-state.js'
import type { EntropyAndGate } from '../../lib/control/run-control.js'
import { type FilterEntry, filters } from '../../lib/entropy/filter/index.js'
import type { Filter } from '../../lib/entropy/filter.js'
import type { ModelSource } from '../../lib/model/model-checkpoint.js'
import type { LearningRate } from '../../lib/optimizer/learning-rate.js'
import { type LocalModel, localModel, type LocalModelOptions } from '../../lib/policy/local/local-model.js'
import { type Quarantine, withQuarantine } from '../../lib/policy/quarantine.js'
import { orThrow } from '../../lib/or-throw.js'
import type { StepReport } from '../../lib/report/step-report.js'
import type { Task } from '../../lib/task/task.js'
import { gateAndTimePorts } from '../../lib/timing/gate-and-time-ports.js'
import type { TimedStep } from '../../lib/timing/step-seconds.js'
import type { TrainingPorts } from '../../pipelines/training-options.js'
import { algorithms } from '../../pipelines/algorithms/index.js'
import { adamwOf, learningRateOf, spikeGuardOf } from '../config/optimizer.js'
import { type PlannedConfig, plannedSteps, type TrainConfig } from '../config/train-config.js'
import { limitEntropy } from '../../operators/limit-entropy.js'
import { limitRefusals } from '../../operators/limit-refusals.js'
import { when } from '../../operators/when.js'
import { residentBytes } from '../gauges.js'
import { rewardOptions } from '../resources/open-task.js'
import { limitPorts } from './limit-ports.js'
import { createSteering } from './open-run.js'
import type { TrainedModel } from './trained-model.js'

/** Recovery of a model from lost engines, and the state of a learner to go on from; null for the weights of the checkpoint. */
interface LoadOptions extends Pick<LocalModelOptions, 'recovery'> {
  readonly state?: TrainingState | null
}

/** Loads the model that a configuration trains onto an engine and its replicas. @errors PipelineError EngineFailed */
export const loadTrainedModel = (
  config: TrainConfig,
  task: Task,
  checkpoint: ModelSource,
  engine: Engine,
  replicas: readonly Engine[] = [],
  { state = null, ...options }: LoadOptions = {},
): Promise<LocalModel> => {
  const { microBatch, microBatchTokens, gradientCheckpointing, slots, rolloutWeights, seed } = config
  return orThrow(
    localModel({
      engine,
      replicas,
      checkpoint,
      ...(state === null ? {} : { state }),
      tokenizer: task.tokenizer,
      learningRate: learningRateOfRun(config),
      adamw: adamwOf(config),
      ...spikeGuardOf(config),
      microBatch,
      microBatchTokens,
      gradientCheckpointing,
      slots,
      rolloutWeights,
      seed,
      ...options,
    }),
  )
}

/** Learning rate of a run, which is planned over all its optimiser steps: at most one for each minibatch of a planned step. */
export const learningRateOfRun = (config: TrainConfig): LearningRate =>
  learningRateOf(config, plannedSteps(config) * (config.options.minibatches ?? 1))

const createFilter = ({ filter, prediction }: TrainConfig): Filter => {
  const { create }: FilterEntry = filters[filter]
  return create(prediction === null ? {} : { prediction })
}

/** Ports of a model, with a reference policy if the algorithm has a KL term. */
type TrainingModel = Pick<TrainedModel, 'policy' | 'learner'> & Pick<TrainingPorts, 'reference'>

/**
 * Training pipeline of a configuration, with the time of each step. Time in which the run is paused does not count. `keep` gets
 * the batches whose updates are refused.
 */
export const trainingSteps = (
  config: PlannedConfig,
  task: Task,
  model: Pick<TrainedModel, 'policy' | 'learner' | 'freezeCheckpoint' | 'progress$'>,
  { entropy, gate }: EntropyAndGate = createSteering(config),
  resumeFrom: PipelineState = initialPipelineState,
  keep?: Quarantine,
): Observable<TimedStep> => {
  const stepsOf = (reference: Partial<Pick<TrainingPorts, 'reference'>>): Observable<TimedStep> => {
    const limited: TrainingModel = limitPorts(config, { ...model, ...reference }, gate.clock)
    const { policy, learner, timeSteps } = gateAndTimePorts(limited, gate, residentBytes)
    const ports: TrainingModel = {
      policy,
      learner: keep === undefined ? learner : withQuarantine(learner, keep),
      ...(limited.reference === undefined ? {} : { reference: limited.reference }),
    }
    return createPipeline(config, task, ports, entropy, resumeFrom).pipe(
      when(config.entropyLimit ?? undefined, (limit) => limitEntropy(limit, config.entropyLimitAction)),
      when(config.maxRefused ?? undefined, (limit) => limitRefusals<StepReport>(limit, resumeFrom)),
      timeSteps,
    )
  }
  return referenceOf(config, model).pipe(switchMap(stepsOf))
}

/**
 * Checks that the algorithm of a configuration fits the policy and the learner of a model. Nothing is sampled or trained.
 *
 * @errors throws PipelineError BadAlgorithm
 */
export const checkTraining = (
  config: PlannedConfig,
  task: Task,
  { policy, learner }: Pick<TrainedModel, 'policy' | 'learner'>,
): void => {
  const { entropy } = createSteering(config)
  const reference = hasReference(config) ? { reference: policy } : {}
  createPipeline(config, task, { policy, learner, ...reference }, entropy, initialPipelineState)
}

const createPipeline = (
  config: PlannedConfig,
  task: Task,
  ports: TrainingModel,
  control: EntropyAndGate['entropy'],
  resumeFrom: PipelineState,
): Observable<StepReport> => {
  const { prompts, inFlight, maxStaleness, group, temperature, scoreTemperature, topK, topP, maxTokens, seed } = config
  return algorithms[config.algorithm].create(
    {
      ...ports,
      verifier: task.verifier,
      rewardScale: task.rewardScale,
      prompts: task.prompts('train', seed, resumeFrom.prompts.from),
    },
    {
      control,
      steps: config.steps,
      sampling: { group, temperature, topK, topP, maxTokens, seed },
      ...(scoreTemperature === null ? {} : { scoreTemperature }),
      demand: { prompts, inFlight },
      ...(maxStaleness === null ? {} : { maxStaleness }),
      reward: rewardOptions(config.reward),
      algorithm: config.options,
      filter: createFilter(config),
      resumeFrom,
    },
  )
}

/** True if the algorithm has a KL term. */
const hasReference = ({ options: { klCoefficient = 0 } }: TrainConfig): boolean => klCoefficient > 0

/** Emits the reference policy if the algorithm has a KL term: the weights that the run started from. */
const referenceOf = (
  config: TrainConfig,
  { freezeCheckpoint }: Pick<TrainedModel, 'freezeCheckpoint'>,
): Observable<Partial<Pick<TrainingPorts, 'reference'>>> =>
  hasReference(config) ? defer(() => orThrow(freezeCheckpoint())).pipe(map((reference) => ({ reference }))) : of({})
