import type { DeviceTensor, Engine, Started } from '../../compute/engine/engine.js'
import { parameterFeed, type Parameters } from '../../model/parameters.js'
import { allEnded } from './all-ended.js'
import { type Executables, executables } from './executables.js'
import { type Drawn, type GenerateCall, generator, type GeneratorSettings } from './generate.js'
import { asTheyAre, copies, freeWeights, type Weights, type WeightsLease, type WeightSource } from './weight-source.js'

/** An engine that a model works on: the programs compiled for it, its sampler, and the weights in its memory. */
export interface Replica {
  readonly engine: Engine
  readonly executables: Executables
  readonly generator: Started<GenerateCall, Drawn>
  /**
   * A set of the model's weights on this engine, with those that never change. The model's own stay where they are until the lease is released.
   *
   * @errors PipelineError EngineFailed
   */
  lease(parameters: Parameters<DeviceTensor>): Promise<WeightsLease>
  /** That set will be asked for again and again: from the first time on it stays. */
  keep(parameters: Parameters<DeviceTensor>): void
  dispose(): Promise<void>
}

/** The first holds the model's own weights and makes its optimiser steps; the others have copies. */
export type Replicas = readonly [Replica, ...Replica[]]

/**
 * `frozen` are those of the model's weights that never change; they are copied once.
 *
 * @errors PipelineError EngineFailed
 */
export const replicasOn = async (
  engine: Engine,
  others: readonly Engine[],
  settings: GeneratorSettings,
  frozen: Weights,
): Promise<Replicas> => {
  const first = await replicaOn(engine, settings, asTheyAre, frozen)
  const replicated = async (other: Engine) => {
    const copied = copies<unknown>((own) => copiedTo(other, engine, own))
    const own = await copiedTo(other, engine, frozen)
    const replica = await replicaOn(other, settings, copied, own)
    return { ...replica, dispose: () => replica.dispose().then(() => freeWeights(own)) }
  }
  return [first, ...(await Promise.all(others.map(replicated)))]
}

const replicaOn = async (
  engine: Engine,
  settings: GeneratorSettings,
  source: WeightSource<unknown>,
  frozen: Weights,
): Promise<Replica> => {
  const programs = executables(engine)
  const started = await engine.start(generator, settings)
  return {
    engine,
    executables: programs,
    generator: started,
    lease: async (parameters) => {
      const { weights, release } = await source.lease(parameterFeed(parameters), parameters)
      return { weights: { ...frozen, ...weights }, release }
    },
    keep: (parameters) => source.keep(parameters),
    dispose: async () => {
      source.dispose()
      await Promise.all([started.dispose(), programs.dispose()])
    },
  }
}

/** All at once: a small model is many small messages. */
const copiedTo = async (to: Engine, from: Engine, own: Weights): Promise<Weights> => {
  const made: Record<string, DeviceTensor> = {}
  try {
    await allEnded(
      Object.entries(own).map(async ([name, tensor]) => {
        made[name] = await to.upload(await from.read(tensor))
      }),
    )
    return made
  } catch (error) {
    freeWeights(made)
    throw error
  }
}

/**
 * Deals pieces of work out to the replicas, there and back (0 1 1 0 0 1 …), since the later ones are the longer. All work
 * at once, each on its own pieces, with the weights as they are on its engine, and looks at `stopped` between two engine
 * runs: it says whether the signal is aborted, or the work of another has failed. What comes of each is in their order;
 * those without a piece are left out.
 *
 * @errors what failed, once all have ended
 */
export const dealt = <Piece, A>(
  replicas: Replicas,
  parameters: Parameters<DeviceTensor>,
  pieces: readonly Piece[],
  signal: AbortSignal,
  work: (share: readonly Piece[], replica: Replica, weights: Weights, stopped: () => boolean) => Promise<A>,
): Promise<A[]> => {
  let failed = false
  const stopped = () => signal.aborted || failed
  const workOn = async (replica: Replica, share: readonly Piece[]) => {
    try {
      const lease = await replica.lease(parameters)
      return await work(share, replica, lease.weights, stopped).finally(() => lease.release())
    } catch (error) {
      failed = true
      throw error
    }
  }
  const hand = (piece: number) => {
    const place = piece % (2 * replicas.length)
    return Math.min(place, 2 * replicas.length - 1 - place)
  }
  const shares = replicas.map((replica, r) => ({ replica, share: pieces.filter((_, piece) => hand(piece) === r) }))
  return allEnded(shares.flatMap(({ replica, share }) => (share.length === 0 ? [] : [workOn(replica, share)])))
}
