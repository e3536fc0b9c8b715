import { pipe } from 'fp-ts/lib/function.js'
import * as TE from 'fp-ts/lib/TaskEither.js'
import type { CheckpointError } from '../../checkpoint/checkpoint-error.js'
import type { TrainingState } from '../../checkpoint/training-state.js'
import type { DeviceTensor, Engine } from '../../compute/engine/engine.js'
import type { HostTensor } from '../../compute/program/node.js'
import type { DecoderConfig } from '../../model/decoder-config.js'
import type { ModelSource } from '../../model/model-checkpoint.js'
import { type WeightForm, weightForms } from '../../model/weight-form.js'
import { trainedShapes, type WeightMap } from '../../model/weights.js'
import { adamwDefaults, type AdamWOptions, checkAdamWOptions } from '../../optimizer/adamw.js'
import { checkGradientSpike, type GradientSpike, gradientSpikeDefaults } from '../../optimizer/gradient-spike.js'
import type { LearningRate } from '../../optimizer/learning-rate.js'
import { callable, checkOptions, integerFrom, oneOf, trueOrFalse } from '../../option.js'
import type { PipelineError } from '../../pipeline-error.js'
import { buildOn, once } from '../../resource.js'
import type { Tokenizer } from '../../tokenizer/tokenizer.js'
import type { Learner } from '../learner.js'
import type { ParameterLease } from '../parameter-store.js'
import type { Policy } from '../policy.js'
import { createLocalLearner, download } from './local-learner.js'
import { createFrozenPolicy, createLocalPolicy } from './local-policy.js'
import type { ModelOnEngines } from './model-on-engines.js'
import { freeModelWeights, type ModelWeights, openModelWeights, openParameters } from './model-weights.js'
import { createOptimizerStore } from './optimizer-store.js'
import { type RecoveryOptions, recoveringModel } from './recovering-model.js'
import { openReplicas, type Replicas } from './replica.js'
import { freeWeights, uploadTensors } from './upload.js'

/** Options of {@link localModel}. */
export interface LocalModelOptions {
  /** Engine that holds the weights and makes the optimiser steps. The caller closes it. */
  readonly engine: Engine
  /**
   * Further engines that share the work. The caller closes them. Each engine has a copy of the weights and takes its part
   * of a batch: prompts to sample from, micro-batches to score and to train on. Gradients are summed in a fixed order, so
   * the same run gives the same numbers. Another number of engines changes the numbers by rounding only.
   */
  readonly replicas?: readonly Engine[]
  /** Model to load. If it has adapters, only the adapters train. */
  readonly checkpoint: ModelSource
  /**
   * State of a learner to go on from, as its `snapshot` returns it. It replaces the weights of `checkpoint` that train, and the
   * learning rate follows from its number of optimiser steps. Default: the weights of `checkpoint`, version 0.
   */
  readonly state?: TrainingState
  readonly tokenizer: Tokenizer
  readonly learningRate: LearningRate
  /** Settings of AdamW that differ from {@link adamwDefaults}. */
  readonly adamw?: Partial<AdamWOptions>
  /** Guard against sudden large gradients; without it, every finite gradient trains. Settings that are left out are {@link gradientSpikeDefaults}. */
  readonly gradientSpike?: Partial<GradientSpike> & Pick<GradientSpike, 'action'>
  /** Maximum number of sequences in one scoring or training run [128]. It limits memory and changes numbers by rounding only. */
  readonly microBatch?: number
  /**
   * Maximum number of tokens in one scoring or training run, prompts and padding included [4096]. It limits memory and
   * changes numbers by rounding only. A longer sequence has a run of its own.
   */
  readonly microBatchTokens?: number
  /** Keeps only the input of each layer for the backward pass and recomputes the rest: less memory, more time, the same numbers. */
  readonly gradientCheckpointing?: boolean
  /**
   * Maximum number of sequences that an engine decodes at the same time [256]. Lower it to save memory. Keys and values
   * are limited to 2 GiB too, except that one whole group is always decoded. When sequences end, the next prompts take
   * their place.
   */
  readonly slots?: number
  /**
   * Number format of the weights that completions are sampled from [float32]. `float32` samples from the learner's weights; if the
   * model has adapters, from a copy into which they are merged, for the time of a call.
   * `int8` samples from a copy whose projections are rounded to eight bits; `onnx` rounds the inputs of the projections too.
   * It is faster for large models and differs slightly from the learner: `logprobs_T` come from the copy and `score` from the
   * learner, and a mismatch correction compensates for the difference. A value halfway between two steps may be rounded either
   * way, depending on the sequences decoded with it, so a draw may depend on the rest of its batch and on `slots`.
   */
  readonly rolloutWeights?: WeightForm
  /** Random seed of the shuffle into minibatches and of objectives that draw [0]. */
  readonly seed?: number
  /** Starts lost engines again and repeats the work that they did not finish. Without it, the loss of an engine ends the run. */
  readonly recovery?: RecoveryOptions
}

/** Parameters of one version of a model, on the host. */
export interface VersionedParameters {
  readonly version: number
  /** Network of the model. If it has adapters, these are the parameters; otherwise all weights are. */
  readonly config: DecoderConfig
  readonly parameters: WeightMap<HostTensor>
}

/** A model on one or more engines: policy and learner over the same weights. */
export interface LocalModel {
  readonly policy: Policy
  readonly learner: Learner<TrainingState>
  /**
   * Returns a policy that scores with the present weights, also after later updates. It keeps these weights on every engine
   * until the model is closed. If the model has adapters, it keeps only the adapters.
   */
  readonly freeze: () => Pick<Policy, 'score'>
  /**
   * Returns a policy that scores with the weights of `checkpoint`, also if the model goes on from a `state`: the reference of a
   * KL penalty. It keeps weights as {@link LocalModel.freeze} does.
   *
   * @errors CheckpointError for weights that cannot be read, PipelineError EngineFailed
   */
  readonly freezeCheckpoint: () => TE.TaskEither<PipelineError | CheckpointError, Pick<Policy, 'score'>>
  /**
   * Copies the parameters of the newest version to the host, to publish them to servers that sample. Later updates do not change
   * the copy. {@link Learner.snapshot} copies the state of the optimiser, too.
   *
   * @errors PipelineError EngineFailed
   */
  readonly readParameters: () => TE.TaskEither<PipelineError, VersionedParameters>
  /**
   * Tells a model with `recovery` where the state of its newest version is stored. After the loss of an engine it is read from
   * there, and updates before it are not repeated. The call has no effect after another version, and without `recovery`.
   */
  readonly recoverFrom: (version: number, read: TE.TaskEither<CheckpointError, TrainingState>) => void
  /** Frees weights, moments and compiled programs. The caller closes the engines. A second call has no effect. */
  readonly close: () => Promise<void>
}

/** A local model on engines that are not lost. */
export interface OpenedModel extends LocalModel {
  /** Returns a policy that scores with the parameters of a version, as {@link LocalModel.freeze}. @errors rejects with PipelineError */
  readonly freezeVersion: (version: number, parameters: WeightMap<HostTensor>) => Promise<Pick<Policy, 'score'>>
}

const rules = {
  learningRate: callable,
  microBatch: integerFrom(1),
  microBatchTokens: integerFrom(1),
  gradientCheckpointing: trueOrFalse,
  slots: integerFrom(1),
  rolloutWeights: oneOf(weightForms),
  seed: integerFrom(0),
} as const

/**
 * Loads a model onto an engine, or onto several that share the work.
 *
 * @errors CheckpointError for weights, or a state, that do not fit the model's sizes or cannot be read, PipelineError EngineFailed;
 * nothing stays on the engines then. Throws RangeError for an impossible option
 * @example
 * const checkpoint = await orThrow(readModel(checkpointPath('countdown')))
 * const { engine } = await orThrow(openEngine())
 * const options = { engine, checkpoint, tokenizer: task.tokenizer, learningRate: constantRate(2e-4) }
 * const { policy, learner } = await orThrow(localModel(options))
 */
export const localModel = (options: LocalModelOptions): TE.TaskEither<PipelineError | CheckpointError, LocalModel> => {
  checkOptions(options, rules)
  checkAdamWOptions(options.adamw ?? {})
  if (options.gradientSpike !== undefined) checkGradientSpike(options.gradientSpike)
  // Measures from sampling survive the loss of an engine, so that scores are those of the run without the loss.
  const samplingRecords: ModelOnEngines['samplingRecords'] = new WeakMap()
  const { recovery, state: first, ...others } = options
  const open = (state?: TrainingState) =>
    openModel(state === undefined ? others : { ...others, state }, samplingRecords)
  return recovery === undefined ? open(first) : recoveringModel(options, recovery, open)
}

const openModel = (
  options: LocalModelOptions,
  samplingRecords: ModelOnEngines['samplingRecords'],
): TE.TaskEither<PipelineError | CheckpointError, OpenedModel> => {
  const { engine, replicas = [], checkpoint, state, tokenizer, slots = 256, rolloutWeights: form = 'float32' } = options
  const settings = { config: checkpoint.config, ends: tokenizer.ends, slots, form }
  return buildOn(
    openModelWeights(engine, checkpoint, state),
    (weights) =>
      pipe(
        openReplicas(engine, replicas, settings, weights.frozen),
        TE.map((opened) => assemble(options, weights, opened, samplingRecords)),
      ),
    freeModelWeights,
  )
}

/** Creates the policy and the learner on the weights and replicas that were opened. */
const assemble = (
  options: LocalModelOptions,
  weights: ModelWeights,
  replicas: Replicas,
  samplingRecords: ModelOnEngines['samplingRecords'],
): OpenedModel => {
  const { engine, checkpoint, state, tokenizer, learningRate, adamw, gradientSpike, seed = 0 } = options
  const { microBatch = 128, microBatchTokens = 4096, gradientCheckpointing = false } = options
  const { config } = checkpoint
  const model: ModelOnEngines = {
    replicas,
    config,
    tokenizer,
    store: weights.store,
    samplingRecords,
    runLimit: { sequences: microBatch, tokens: microBatchTokens },
    gradientCheckpointing,
  }
  const optimizer = createOptimizerStore(engine, weights.initial, trainedShapes(config), state)
  const frozenLeases: ParameterLease[] = []
  const own = (version: number, parameters: WeightMap<DeviceTensor>): ParameterLease => ({
    version,
    parameters,
    release: once(() => freeWeights(parameters)),
  })
  const freeze = (lease: ParameterLease) => {
    frozenLeases.push(lease)
    for (const replica of replicas) replica.keep(lease.parameters)
    return createFrozenPolicy(model, lease)
  }
  return {
    policy: createLocalPolicy(model),
    learner: createLocalLearner(model, optimizer, {
      adamw: { ...adamwDefaults, ...adamw },
      gradientSpike: gradientSpike === undefined ? null : { ...gradientSpikeDefaults, ...gradientSpike },
      learningRate,
      seed,
    }),
    freeze: () => freeze(model.store.lease()),
    freezeCheckpoint: () =>
      state === undefined && model.store.version === 0
        ? TE.fromIO(() => freeze(model.store.lease()))
        : pipe(
            openParameters(engine, checkpoint),
            TE.map((parameters) => freeze(own(0, parameters))),
          ),
    recoverFrom: () => undefined,
    freezeVersion: async (version, parameters) => freeze(own(version, await uploadTensors(engine, parameters))),
    readParameters: () =>
      TE.tryCatch(
        () => readLease(engine, config, model.store.lease()),
        (error) => error as PipelineError,
      ),
    close: once(async () => {
      for (const lease of frozenLeases) lease.release()
      optimizer.dispose()
      await Promise.all(replicas.map((replica) => replica.dispose()))
      freeModelWeights(weights)
    }),
  }
}

/** Reads the parameters of a lease, and releases it. @errors rejects with PipelineError */
const readLease = async (
  engine: Engine,
  config: DecoderConfig,
  { version, parameters, release }: ParameterLease,
): Promise<VersionedParameters> => {
  try {
    return { version, config, parameters: await download(engine, parameters) }
  } finally {
    release()
  }
}
