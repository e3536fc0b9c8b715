import { pipe } from 'fp-ts/lib/function.js'
import * as R from 'fp-ts/lib/Record.js'
import type { DeviceTensor, Engine, Feed } from '../../compute/engine/engine.js'
import type { HostTensor, Program } from '../../compute/program/node.js'
import type { DecoderConfig } from '../../model/decoder-config.js'
import type { Parameters } from '../../model/parameters.js'
import { describe } from '../../model/program/sequence.js'
import { accumulateProgram, GRADIENT, trainProgram } from '../../model/program/train.js'
import { lossOutputs } from '../../objective/loss.js'
import { lossFeed, type LossFeed } from '../../objective/loss-feed.js'
import type { Minibatch } from '../../objective/minibatch.js'
import type { Objective } from '../../objective/objective.js'
import type { FilteredBatch } from '../../rollout/batch.js'
import type { Model } from './model.js'
import { dealt, type Replica, type Replicas } from './replica.js'
import { microBatches, type Sequences, spread } from './sequences.js'
import { addTo, type Tally } from './tally.js'
import type { Weights } from './weight-source.js'

type Gradients = Readonly<Record<string, DeviceTensor>>

/**
 * Gradient of a minibatch's loss, added up over micro-batches; null when cancelled in between. Each replica adds up those of
 * its own, the first then all. The caller owns the tensors that come back; they are on the first.
 */
export const minibatchGradients = async (
  model: Model,
  parameters: Parameters<DeviceTensor>,
  minibatch: Minibatch,
  objective: Objective,
  tally: Tally,
  signal: AbortSignal,
): Promise<Gradients | null> => {
  const { config, replicas, runLimit } = model
  const { batch, rows: members } = minibatch
  const feed = lossFeed(objective, minibatch)
  const micros = [...microBatches(batch.responses, members, runLimit, replicas.length).entries()]
  const said: Readonly<Record<string, HostTensor>>[] = []
  const sums = new Map<Replica, Gradients>()
  const train = async (replica: Replica, weights: Weights, micro: Sequences) => {
    const run = await replica.executables.get(objective, `train ${describe(micro.shape)}`, () =>
      trainProgram(config, objective, micro.shape, model),
    )
    return run.run({ ...weights, ...feedOf(batch, micro, feed, run.program.inputs) }, lossOutputs)
  }
  try {
    await dealt(replicas, parameters, micros, signal, async (share, replica, weights, stopped) => {
      for (const [i, micro] of share) {
        if (stopped()) return
        const { device, host } = await train(replica, weights, micro)
        said[i] = host
        const sum = sums.get(replica)
        if (sum === undefined) sums.set(replica, device)
        else sums.set(replica, await plus(config, replica, sum, device).finally(() => freeGradients(device)))
      }
    })
    if (!signal.aborted) await gather(config, replicas, sums)
  } catch (error) {
    for (const sum of sums.values()) freeGradients(sum)
    throw error
  }
  if (signal.aborted) {
    for (const sum of sums.values()) freeGradients(sum)
    return null
  }
  for (const host of said) addTo(tally, host)
  tally.tokens += feed.tokens
  tally.marked += feed.marked
  return sums.get(replicas[0])!
}

/** Adds the sums of the other replicas to that of the first, in their order. */
const gather = async (
  config: DecoderConfig,
  [first, ...others]: Replicas,
  sums: Map<Replica, Gradients>,
): Promise<void> => {
  for (const other of others) {
    const sum = sums.get(other)
    if (sum === undefined) continue
    sums.set(first, await plus(config, first, sums.get(first)!, await readOut(other.engine, sum)))
    sums.delete(other)
    freeGradients(sum)
  }
}

const readOut = async (engine: Engine, tensors: Gradients): Promise<Readonly<Record<string, HostTensor>>> =>
  Object.fromEntries(
    await Promise.all(
      Object.entries(tensors).map(async ([name, tensor]) => [name, await engine.read(tensor)] as const),
    ),
  )

export const freeGradients = (gradients: Gradients): void => {
  for (const tensor of Object.values(gradients)) tensor.dispose()
}

/** Frees `a` where it succeeds; `b` stays the caller's. */
const plus = async (config: DecoderConfig, { executables }: Replica, a: Gradients, b: Feed): Promise<Gradients> => {
  const renamed = (gradients: Feed, prefix: string) =>
    Object.entries(gradients).map(([name, tensor]) => [prefix + name.slice(GRADIENT.length), tensor] as const)
  const add = await executables.get(config, 'accumulate', () => accumulateProgram(config))
  const { device } = await add.run(Object.fromEntries([...renamed(a, 'a.'), ...renamed(b, 'b.')]))
  freeGradients(a)
  return device
}

/**
 * The inputs of a training program: sequences, and the minibatch's numbers laid out over them. An objective need not read
 * every matrix, and a program takes what it reads alone.
 */
const feedOf = (
  { responses, width }: FilteredBatch,
  micro: Sequences,
  { matrices, scalars }: LossFeed,
  reads: Program['inputs'],
): Feed => {
  const { rows, length } = micro.shape
  return {
    ...micro.feed,
    ...pipe(
      matrices,
      R.filterWithIndex((name) => reads.has(name)),
      R.map((value): HostTensor => ({
        shape: [rows, length],
        data: spread(micro, responses, (b, t) => value(b, b * width + t)),
      })),
    ),
    ...pipe(
      scalars,
      R.filterWithIndex((name) => reads.has(name)),
      R.map((value): HostTensor => ({ shape: [], data: Float32Array.of(value) })),
    ),
  }
}
