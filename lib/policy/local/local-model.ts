import * as TE from 'fp-ts/lib/TaskEither.js'
import { CheckpointError } from '../../checkpoint/checkpoint-error.js'
import type { DeviceTensor, Engine } from '../../compute/engine/engine.js'
import type { HostTensor } from '../../compute/program/node.js'
import type { ModelSource } from '../../model/model-checkpoint.js'
import { type Parameters, trainedShapes } from '../../model/parameters.js'
import type { WeightForm } from '../../model/weight-form.js'
import { adamwDefaults, type AdamWOptions } from '../../optimizer/adamw.js'
import type { LearningRate } from '../../optimizer/learning-rate.js'
import type { Batch } from '../../rollout/batch.js'
import type { Tokenizer } from '../../tokenizer/tokenizer.js'
import type { Learner } from '../learner.js'
import { type ParameterLease, parameterStore } from '../parameter-store.js'
import type { Policy } from '../policy.js'
import { fromAsyncGenerator } from '../../control/from-async-generator.js'
import type { Model } from './model.js'
import { replicasOn } from './replica.js'
import { sample } from './sample.js'
import { score } from './score.js'
import { reportOf } from './tally.js'
import { type OptimizerState, update } from './update.js'
import { uploadWeights, uploadZeros } from './upload.js'
import { freeWeights } from './weight-source.js'

export interface LocalModelOptions {
  /** Holds the weights, and makes optimiser steps of them. */
  readonly engine: Engine
  /**
   * Further engines that share the work. Each has a copy of the weights, a version at a time, and takes its part of a
   * batch: prompts to draw from, micro-batches to score and to train on. Gradients are added up in one order, so the same
   * run gives the same numbers; another number of engines gives the same but for rounding. They stay their owner's.
   */
  readonly replicas?: readonly Engine[]
  /** With adapters, they are trained, and all else is frozen. */
  readonly checkpoint: ModelSource
  readonly tokenizer: Tokenizer
  readonly learningRate: LearningRate
  readonly adamw?: Partial<AdamWOptions>
  /** Most sequences in one scoring or training run: memory grows with it, the numbers do not change but by rounding. */
  readonly microBatch?: number
  /** Most tokens in one such run, prompts and padding counted: likewise. A sequence longer than that has a run of its own. */
  readonly microBatchTokens?: number
  /** Holds what each layer reads for the way back and computes the rest again: less memory, more time, the same numbers. */
  readonly gradientCheckpointing?: boolean
  /**
   * Most sequences an engine decodes at once, and never more than those whose keys and values fit into 2 GiB, but for one
   * group. When some end, the next prompts take their place. It decides memory likewise.
   */
  readonly slots?: number
  /**
   * What completions are drawn from: `float32`, the default, is the learner itself. `int8` is a copy of each version whose
   * projections are rounded to eight bits, and on `onnx` what they multiply too: faster there where a model is large, and not
   * quite the learner. `logprobs_T` are the copy's, `score` is the learner's, and a mismatch correction makes up for the
   * difference. A number on the edge between two steps may be rounded either way by what is decoded with it: so a draw may
   * depend on the rest of its batch and on `slots`.
   */
  readonly rolloutWeights?: WeightForm
  readonly seed?: number
}

/** A model on an engine, or several: both ports over the same weights. */
export interface LocalModel {
  readonly policy: Policy
  readonly learner: Learner
  /**
   * The policy as it is now, whatever is learned afterwards: what a KL term holds the learner to. It keeps these weights
   * on every engine until the model is closed; of a model with adapters, those alone.
   */
  readonly freeze: () => Pick<Policy, 'score'>
  /** Frees weights, moments and compiled programs; engines stay their owner's. */
  readonly close: () => Promise<void>
}

/** Puts a checkpoint on an engine. @errors PipelineError EngineFailed, CheckpointError */
export const localModel = async (options: LocalModelOptions): Promise<LocalModel> => {
  const { engine, checkpoint, tokenizer, learningRate, slots = 256, seed = 0 } = options
  const { replicas: others = [], rolloutWeights: form = 'float32', gradientCheckpointing = false } = options
  const { microBatch = 128, microBatchTokens = 4096 } = options
  const { config } = checkpoint
  const trained = trainedShapes(config)
  const weights = [...(await uploadWeights(engine, checkpoint))]
  const parameters = new Map(weights.filter(([name]) => trained.has(name)))
  const frozen = Object.fromEntries(weights.filter(([name]) => !trained.has(name)))
  const store = parameterStore(parameters)
  const replicas = await replicasOn(engine, others, { config, ends: tokenizer.ends, slots, form }, frozen)
  const model: Model = {
    replicas,
    config,
    tokenizer,
    store,
    drawn: new WeakMap(),
    runLimit: { sequences: microBatch, tokens: microBatchTokens },
    gradientCheckpointing,
  }
  const adamw = { ...adamwDefaults, ...options.adamw }
  const zeros = () => uploadZeros(engine, trained)
  let state: OptimizerState = { parameters, firstMoments: new Map(), secondMoments: new Map(), steps: 0 }
  let moments: Promise<void> | undefined
  /** Made when they are first needed: a model that only answers has none. */
  const withMoments = async () => {
    moments ??= (async () => {
      state = { ...state, firstMoments: await zeros(), secondMoments: await zeros() }
    })()
    await moments
  }

  const policy: Policy = {
    get version() {
      return store.version
    },
    sample: (prompts, how) => sample(model, prompts, how),
    score: (batch) =>
      fromAsyncGenerator(async function* (signal) {
        const lease = store.lease()
        try {
          yield* score(model, lease, batch, signal)
        } finally {
          lease.release()
        }
      }),
  }
  const learner: Learner = {
    update: (batch, objective) =>
      fromAsyncGenerator(async function* (signal) {
        await withMoments()
        const updated = await update(model, { adamw, learningRate, seed }, state, batch, objective, signal)
        if (updated.status === 'cancelled') return
        if (updated.status !== 'done') {
          yield { status: 'skipped', version: store.version, reason: updated.status } as const
          return
        }
        const rate = learningRate(state.steps)
        freeMoments(state)
        state = updated.state
        yield reportOf(updated.tally, store.publish(state.parameters), rate)
      }),
    snapshot: () =>
      TE.tryCatch(
        async () => {
          await withMoments()
          const [version, { steps, ...sets }] = [store.version, state]
          // All reads are asked for at once: the engine serves in order, so no later update can free what they read.
          const [parameters, firstMoments, secondMoments] = await Promise.all([
            download(engine, sets.parameters),
            download(engine, sets.firstMoments),
            download(engine, sets.secondMoments),
          ])
          return { version, optimizerSteps: steps, parameters, firstMoments, secondMoments }
        },
        (cause) => new CheckpointError('snapshot', String(cause), 'weights that the engine can read out'),
      ),
  }
  const kept: ParameterLease[] = []
  const freeze = () => {
    const lease = store.lease()
    kept.push(lease)
    for (const replica of replicas) replica.keep(lease.parameters)
    return { score: (batch: Batch) => fromAsyncGenerator((signal) => score(model, lease, batch, signal)) }
  }
  const close = async () => {
    for (const lease of kept) lease.release()
    freeMoments(state)
    store.dispose()
    await Promise.all(replicas.map((replica) => replica.dispose()))
    freeWeights(frozen)
  }
  return { policy, learner, freeze, close }
}

const download = async (engine: Engine, tensors: Parameters<DeviceTensor>): Promise<Parameters<HostTensor>> =>
  new Map(await Promise.all([...tensors].map(async ([name, tensor]) => [name, await engine.read(tensor)] as const)))

const freeMoments = ({ firstMoments, secondMoments }: OptimizerState): void => {
  for (const set of [firstMoments, secondMoments]) for (const tensor of set.values()) tensor.dispose()
}
