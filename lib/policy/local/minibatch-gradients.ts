import { scoreTemperatureOf } from '../../batch/score-temperature.js'
import type { DeviceTensor, Engine, Feed } from '../../compute/engine/engine.js'
import type { HostTensor } from '../../compute/program/node.js'
import type { Signature } from '../../compute/program/signature.js'
import type { DecoderConfig } from '../../model/decoder-config.js'
import { describeShape } from '../../model/program/sequence.js'
import { accumulateProgram, GRADIENT, trainProgram } from '../../model/program/train.js'
import type { WeightMap } from '../../model/weights.js'
import { lossOutputs } from '../../objective/loss.js'
import { lossFeed, type LossFeed, lossTensors } from '../../objective/loss-feed.js'
import type { Minibatch } from '../../objective/minibatch.js'
import type { Objective } from '../../objective/objective.js'
import type { FilteredBatch } from '../../rollout/batch.js'
import { freeTensors, type NamedTensors } from './leased-weights.js'
import { microBatches } from './micro-batches.js'
import type { ModelOnEngines } from './model-on-engines.js'
import type { Replica, Replicas } from './replica.js'
import { runOnReplicas } from './run-on-replicas.js'
import { type Sequences, spread } from './sequences.js'
import { addTo, type Tally } from '../tally.js'

/**
 * Returns the gradient of a minibatch's loss, summed over its micro-batches; null when cancelled. Each replica sums the
 * gradients of its micro-batches, then the first replica sums those of all. The tensors are on the first replica's engine
 * and belong to the caller.
 */
export const minibatchGradients = async (
  model: ModelOnEngines,
  parameters: WeightMap<DeviceTensor>,
  minibatch: Minibatch,
  objective: Objective,
  tally: Tally,
  signal: AbortSignal,
): Promise<NamedTensors | null> => {
  const { config, replicas, runLimit, gradientCheckpointing } = model
  const { batch, rows } = minibatch
  const feed = lossFeed(objective, minibatch)
  const temperature = scoreTemperatureOf(batch.scores)
  const micros = [...microBatches(batch.responses, rows, runLimit, replicas.length).entries()]
  const outputs: Readonly<Record<string, HostTensor>>[] = []
  const sums = new Map<Replica, NamedTensors>()
  const freeSums = () => sums.forEach(freeTensors)
  const train = async (replica: Replica, weights: NamedTensors, micro: Sequences) => {
    const executable = await replica.executables.get(
      objective,
      `train ${describeShape(micro.shape)} at ${temperature}`,
      () => trainProgram(config, objective, micro.shape, { gradientCheckpointing, temperature }),
    )
    return executable.run({ ...weights, ...feedOf(batch, micro, feed, executable.signature.inputs) }, lossOutputs)
  }
  try {
    await runOnReplicas(replicas, parameters, micros, signal, async (share, replica, weights, isStopped) => {
      for (const [i, micro] of share) {
        if (isStopped()) return
        const { device, host } = await train(replica, weights, micro)
        outputs[i] = host
        const sum = sums.get(replica)
        if (sum === undefined) sums.set(replica, device)
        else sums.set(replica, await addGradients(config, replica, sum, device).finally(() => freeTensors(device)))
      }
    })
    if (!signal.aborted) await gatherSums(config, replicas, sums)
  } catch (error) {
    freeSums()
    throw error
  }
  if (signal.aborted) {
    freeSums()
    return null
  }
  for (const host of outputs) addTo(tally, host)
  tally.tokens += feed.tokens
  tally.marked += feed.marked
  return sums.get(replicas[0])!
}

/** Adds the sums of the other replicas to the sum of the first, in the order of the replicas. */
const gatherSums = async (
  config: DecoderConfig,
  [first, ...others]: Replicas,
  sums: Map<Replica, NamedTensors>,
): Promise<void> => {
  for (const other of others) {
    const sum = sums.get(other)
    if (sum === undefined) continue
    sums.set(first, await addGradients(config, first, sums.get(first)!, await download(other.engine, sum)))
    sums.delete(other)
    freeTensors(sum)
  }
}

const download = async (engine: Engine, tensors: NamedTensors): Promise<Readonly<Record<string, HostTensor>>> =>
  Object.fromEntries(
    await Promise.all(
      Object.entries(tensors).map(async ([name, tensor]) => [name, await engine.read(tensor)] as const),
    ),
  )

/** Returns the sum of two gradients. Frees `a` on success; `b` stays the caller's. */
const addGradients = async (
  config: DecoderConfig,
  { executables }: Replica,
  a: NamedTensors,
  b: Feed,
): Promise<NamedTensors> => {
  const withPrefix = (gradients: Feed, prefix: string) =>
    Object.entries(gradients).map(([name, tensor]) => [prefix + name.slice(GRADIENT.length), tensor] as const)
  const add = await executables.get(config, 'accumulate', () => accumulateProgram(config))
  const { device } = await add.run(Object.fromEntries([...withPrefix(a, 'a.'), ...withPrefix(b, 'b.')]))
  freeTensors(a)
  return device
}

/** Returns the inputs of a training program: the sequences, and the minibatch's matrices laid out over them. */
const feedOf = (
  { responses, width }: FilteredBatch,
  micro: Sequences,
  feed: LossFeed,
  inputs: Signature['inputs'],
): Feed => {
  const { rows, length } = micro.shape
  return {
    ...micro.feed,
    ...lossTensors(feed, inputs, (value) => ({
      shape: [rows, length],
      data: spread(micro, responses, (b, t) => value(b, b * width + t)),
    })),
  }
}
