import type { Observable } from 'rxjs'
import type { Engine } from '../lib/compute/engine/engine.js'
import { filters } from '../lib/entropy/filter/index.js'
import type { ModelSource } from '../lib/model/model-checkpoint.js'
import { gate } from '../lib/control/gate.js'
import { constantRate } from '../lib/optimizer/learning-rate.js'
import { type LocalModel, localModel } from '../lib/policy/local/local-model.js'
import { heldPorts } from '../lib/timing/held-ports.js'
import type { TimedStep } from '../lib/timing/step-seconds.js'
import type { Task } from '../lib/task/task.js'
import { entropyControl } from '../lib/control/entropy-control.js'
import type { Steering } from '../lib/control/run-control.js'
import { algorithms } from '../pipelines/algorithms/index.js'
import { processClock, residentBytes } from './gauges.js'
import { scheduleOf } from './config/band-plan.js'
import type { TrainConfig } from './config/train-config.js'
import { orThrow } from '../lib/or-throw.js'

/** The model that a configuration trains, on an engine and those that share its work. @errors PipelineError EngineFailed */
export const modelOf = (
  {
    learningRate,
    warmup,
    microBatch,
    microBatchTokens,
    gradientCheckpointing,
    slots,
    rolloutWeights,
    seed,
  }: TrainConfig,
  task: Task,
  checkpoint: ModelSource,
  engine: Engine,
  replicas: readonly Engine[] = [],
): Promise<LocalModel> =>
  orThrow(
    localModel({
      engine,
      replicas,
      checkpoint,
      tokenizer: task.tokenizer,
      learningRate: constantRate(learningRate, warmup),
      microBatch,
      microBatchTokens,
      gradientCheckpointing,
      slots,
      rolloutWeights,
      seed,
    }),
  )

/** As the configuration plans it. */
export const steeringOf = ({ band, steps }: TrainConfig): Steering => ({
  entropy: entropyControl(scheduleOf(band, steps)),
  gate: gate(processClock),
})

/** The training pipeline of a configuration, its stages timed; what it was held for is no time of a step. */
export const trainingSteps = (
  config: TrainConfig,
  task: Task,
  model: LocalModel,
  { entropy, gate }: Steering = steeringOf(config),
): Observable<TimedStep> => {
  const { policy, learner, timed } = heldPorts(model, gate, residentBytes)
  const { prompts, inFlight, group, temperature, topK, topP, maxTokens, seed } = config
  return algorithms[config.algorithm]
    .create(
      {
        policy,
        learner,
        verifier: task.verifier,
        rewardScale: task.rewardScale,
        prompts: task.prompts('train', seed),
        ...((config.options.klCoefficient ?? 0) > 0 ? { reference: model.freeze() } : {}),
      },
      {
        control: entropy,
        steps: config.steps,
        sampling: { group, temperature, topK, topP, maxTokens, seed },
        demand: { prompts, inFlight },
        algorithm: config.options,
        filter: filters[config.filter].create(),
      },
    )
    .pipe(timed)
}
