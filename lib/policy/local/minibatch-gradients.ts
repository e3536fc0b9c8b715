import { pipe } from 'fp-ts/lib/function.js'
import * as R from 'fp-ts/lib/Record.js'
import type { DeviceTensor, Feed } from '../../compute/engine/engine.js'
import type { HostTensor, Program } from '../../compute/program/node.js'
import { parameterFeed, type Parameters } from '../../model/parameters.js'
import { describe } from '../../model/program/sequence.js'
import { accumulateProgram, GRADIENT, trainProgram } from '../../model/program/train.js'
import { lossOutputs } from '../../objective/loss.js'
import { lossFeed, type LossFeed } from '../../objective/loss-feed.js'
import type { Minibatch } from '../../objective/minibatch.js'
import type { Objective } from '../../objective/objective.js'
import type { FilteredBatch } from '../../rollout/batch.js'
import type { Model } from './model.js'
import { microBatches, type Sequences, spread } from './sequences.js'
import { addTo, type Tally } from './tally.js'

type Gradients = Readonly<Record<string, DeviceTensor>>

/**
 * Gradient of a minibatch's loss, added up over micro-batches; null when cancelled in between.
 * The caller owns the tensors that come back.
 */
export const minibatchGradients = async (
  model: Model,
  parameters: Parameters<DeviceTensor>,
  minibatch: Minibatch,
  objective: Objective,
  tally: Tally,
  signal: AbortSignal,
): Promise<Gradients | null> => {
  const { batch, members } = minibatch
  const feed = lossFeed(objective, minibatch)
  let sum: Gradients | null = null
  try {
    for (const micro of microBatches(batch.responses, members, model.microBatch)) {
      if (signal.aborted) break
      const run = await model.executables.get(objective, `train ${describe(micro.shape)}`, () =>
        trainProgram(model.config, objective, micro.shape, model),
      )
      const { device, host } = await run.run(
        { ...parameterFeed(parameters), ...feedOf(batch, micro, feed, run.program.inputs) },
        lossOutputs,
      )
      addTo(tally, host)
      sum = sum === null ? device : await accumulated(model, sum, device)
    }
  } catch (error) {
    freeGradients(sum)
    throw error
  }
  if (!signal.aborted) {
    tally.tokens += feed.tokens
    tally.marked += feed.marked
    return sum
  }
  freeGradients(sum)
  return null
}

export const freeGradients = (gradients: Gradients | null): void => {
  for (const tensor of Object.values(gradients ?? {})) tensor.dispose()
}

/** Frees both where it succeeds; where it fails, `a` stays the caller's. */
const accumulated = async ({ config, executables }: Model, a: Gradients, b: Gradients): Promise<Gradients> => {
  const renamed = (gradients: Gradients, prefix: string) =>
    Object.entries(gradients).map(([name, tensor]) => [prefix + name.slice(GRADIENT.length), tensor] as const)
  try {
    const add = await executables.get(config, 'accumulate', () => accumulateProgram(config))
    const { device } = await add.run(Object.fromEntries([...renamed(a, 'a.'), ...renamed(b, 'b.')]))
    freeGradients(a)
    return device
  } finally {
    freeGradients(b)
  }
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
