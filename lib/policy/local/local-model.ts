import * as TE from 'fp-ts/lib/TaskEither.js'
import { CheckpointError } from '../../checkpoint/checkpoint-error.js'
import type { DeviceTensor, Engine } from '../../compute/engine/engine.js'
import type { HostTensor } from '../../compute/program/node.js'
import type { ModelSource } from '../../model/model-checkpoint.js'
import type { Parameters } from '../../model/parameters.js'
import type { WeightForm } from '../../model/weight-form.js'
import { adamwDefaults, type AdamWOptions } from '../../optimizer/adamw.js'
import type { LearningRate } from '../../optimizer/learning-rate.js'
import type { Batch } from '../../rollout/batch.js'
import type { Tokenizer } from '../../tokenizer/tokenizer.js'
import type { Learner } from '../learner.js'
import { type ParameterLease, parameterStore } from '../parameter-store.js'
import type { Policy } from '../policy.js'
import { cancellable } from './cancellable.js'
import { executables } from './executables.js'
import { generator } from './generate.js'
import type { Model } from './model.js'
import { sample } from './sample.js'
import { score } from './score.js'
import { reportOf } from './tally.js'
import { type OptimizerState, update } from './update.js'
import { uploadWeights, uploadZeros } from './upload.js'

export interface LocalModelOptions {
  readonly engine: Engine
  readonly checkpoint: ModelSource
  readonly tokenizer: Tokenizer
  readonly learningRate: LearningRate
  readonly adamw?: Partial<AdamWOptions>
  /** Most sequences in one scoring or training run: memory grows with it, the numbers do not change but by rounding. */
  readonly microBatch?: number
  /** Holds what each layer reads for the way back and computes the rest again: less memory, more time, the same numbers. */
  readonly gradientCheckpointing?: boolean
  /** Most sequences decoded at once: when some end, the next prompts take their place. It decides memory likewise. */
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

/** A model on one engine: both ports over the same weights. */
export interface LocalModel {
  readonly policy: Policy
  readonly learner: Learner
  /**
   * The policy as it is now, whatever is learned afterwards: what a KL term holds the learner to. It keeps these weights
   * on the engine until the model is closed.
   */
  readonly freeze: () => Pick<Policy, 'score'>
  /** Frees weights, moments and compiled programs; the engine stays its owner's. */
  readonly close: () => Promise<void>
}

/** Puts a checkpoint on an engine. @errors PipelineError EngineFailed, CheckpointError */
export const localModel = async (options: LocalModelOptions): Promise<LocalModel> => {
  const { engine, checkpoint, tokenizer, learningRate, microBatch = 64, slots = 256, seed = 0 } = options
  const { rolloutWeights: form = 'float32', gradientCheckpointing = false } = options
  const parameters = await uploadWeights(engine, checkpoint)
  const store = parameterStore(parameters)
  const model: Model = {
    engine,
    config: checkpoint.config,
    tokenizer,
    store,
    executables: executables(engine),
    drawn: new WeakMap(),
    microBatch,
    gradientCheckpointing,
  }
  const sampler = await engine.start(generator, { config: checkpoint.config, end: tokenizer.end, slots, form })
  const adamw = { ...adamwDefaults, ...options.adamw }
  const zeros = () => uploadZeros(engine, checkpoint.config)
  let state: OptimizerState = { parameters, firstMoments: await zeros(), secondMoments: await zeros(), steps: 0 }

  const policy: Policy = {
    get version() {
      return store.version
    },
    sample: (prompts, how) => cancellable((signal) => sample(model, sampler, prompts, how, signal)),
    score: (batch) =>
      cancellable(async function* (signal) {
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
      cancellable(async function* (signal) {
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
  const frozen: ParameterLease[] = []
  const freeze = () => {
    const lease = store.lease()
    frozen.push(lease)
    return { score: (batch: Batch) => cancellable((signal) => score(model, lease, batch, signal)) }
  }
  const close = async () => {
    for (const lease of frozen) lease.release()
    freeMoments(state)
    store.dispose()
    await Promise.all([sampler.dispose(), model.executables.dispose()])
  }
  return { policy, learner, freeze, close }
}

const download = async (engine: Engine, tensors: Parameters<DeviceTensor>): Promise<Parameters<HostTensor>> =>
  new Map(await Promise.all([...tensors].map(async ([name, tensor]) => [name, await engine.read(tensor)] as const)))

const freeMoments = ({ firstMoments, secondMoments }: OptimizerState): void => {
  for (const set of [firstMoments, secondMoments]) for (const tensor of set.values()) tensor.dispose()
}
