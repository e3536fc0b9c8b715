import { pipe } from 'fp-ts/lib/function.js'
import * as TE from 'fp-ts/lib/TaskEither.js'
import type { DeviceTensor, Engine } from '../../compute/engine/engine.js'
import type { Started } from '../../compute/engine/engine.js'
import { tryEngine } from '../../compute/engine/try-engine.js'
import { settleAll } from '../../control/settle-all.js'
import { weightFeed, type WeightMap } from '../../model/weights.js'
import type { PipelineError } from '../../pipeline-error.js'
import { buildOn, openAll } from '../../resource.js'
import { createExecutables, type Executables } from './executables.js'
import type { SampledGroup } from './decoding.js'
import { type GenerateCall, generator, type GeneratorSettings } from './generate.js'
import {
  createWeightCopies,
  freeTensors,
  type LeasedWeights,
  type NamedTensors,
  ownWeights,
  type TensorLease,
} from './leased-weights.js'

/** An engine that a model works on: the programs compiled for it, its sampler, and the weights in its memory. */
export interface Replica {
  readonly engine: Engine
  readonly executables: Executables
  readonly generator: Started<GenerateCall, SampledGroup>
  /**
   * Leases a version of the model's weights on this engine, frozen weights included. The caller keeps the parameters alive
   * until the lease is released.
   *
   * @errors rejects with PipelineError EngineFailed
   */
  lease(parameters: WeightMap<DeviceTensor>): Promise<TensorLease>
  /** Keeps this engine's copy of these parameters from its first lease until the replica is disposed. */
  keep(parameters: WeightMap<DeviceTensor>): void
  dispose(): Promise<void>
}

/** Replicas of a model. The first holds the model's own weights and makes its optimiser steps; the others have copies. */
export type Replicas = readonly [Replica, ...Replica[]]

/**
 * Opens a replica on each engine. `frozen` are the weights on the first engine that never change; they are copied once.
 *
 * @errors PipelineError EngineFailed; nothing stays on the engines then
 */
export const openReplicas = (
  engine: Engine,
  others: readonly Engine[],
  settings: GeneratorSettings,
  frozen: NamedTensors,
): TE.TaskEither<PipelineError, Replicas> =>
  buildOn(
    openReplica(engine, settings, ownWeights, frozen),
    (first) =>
      pipe(
        openAll(
          others.map((other) => openCopy(other, engine, settings, frozen)),
          (replica) => replica.dispose(),
        ),
        TE.map((copies): Replicas => [first, ...copies]),
      ),
    (first) => first.dispose(),
  )

/** Opens a replica that works with copies of the weights of another engine. */
const openCopy = (
  engine: Engine,
  source: Engine,
  settings: GeneratorSettings,
  frozen: NamedTensors,
): TE.TaskEither<PipelineError, Replica> => {
  const copies = createWeightCopies<unknown>((parameters) => copyTensors(source, engine, parameters))
  return buildOn(
    tryEngine(() => copyTensors(source, engine, frozen)),
    (copied) =>
      pipe(
        openReplica(engine, settings, copies, copied),
        TE.map((replica) => ({ ...replica, dispose: () => replica.dispose().then(() => freeTensors(copied)) })),
      ),
    freeTensors,
  )
}

const openReplica = (
  engine: Engine,
  settings: GeneratorSettings,
  parameterSource: LeasedWeights<unknown>,
  frozen: NamedTensors,
): TE.TaskEither<PipelineError, Replica> =>
  pipe(
    tryEngine(() => engine.start(generator, settings)),
    TE.map((started) => {
      const executables = createExecutables(engine)
      return {
        engine,
        executables,
        generator: started,
        lease: async (parameters) => {
          const { weights, release } = await parameterSource.lease(weightFeed(parameters), parameters)
          return { weights: { ...frozen, ...weights }, release }
        },
        keep: (parameters) => parameterSource.keep(parameters),
        dispose: async () => {
          parameterSource.dispose()
          await Promise.all([started.dispose(), executables.dispose()])
        },
      }
    }),
  )

/** Copies tensors to another engine, all at the same time because a small model has many small tensors. */
const copyTensors = async (from: Engine, to: Engine, tensors: NamedTensors): Promise<NamedTensors> => {
  const copies: Record<string, DeviceTensor> = {}
  try {
    await settleAll(
      Object.entries(tensors).map(async ([name, tensor]) => {
        copies[name] = await to.upload(await from.read(tensor))
      }),
    )
    return copies
  } catch (error) {
    freeTensors(copies)
    throw error
  }
}
