import type { DeviceTensor } from '../../compute/engine/engine.js'
import type { HostTensor } from '../../compute/program/node.js'
import { parameterFeed, type Parameters } from '../../model/parameters.js'
import { accumulateProgram, GRADIENT, trainProgram } from '../../model/program/train.js'
import type { Aggregation, Objective } from '../../objective/objective.js'
import type { FilteredBatch } from '../../rollout/batch.js'
import type { Model } from './model.js'
import { chunks, sequenceLength, sequences, type Sequences, spread } from './sequences.js'
import { addTo, type Tally, tallied } from './tally.js'

type Gradients = Readonly<Record<string, DeviceTensor>>

/**
 * Gradient of a minibatch's mean loss, added up over micro-batches; null when cancelled in between.
 * The caller owns the tensors that come back.
 */
export const minibatchGradients = async (
  model: Model,
  parameters: Parameters<DeviceTensor>,
  batch: FilteredBatch,
  members: readonly number[],
  objective: Objective,
  tally: Tally,
  cancelled: () => boolean,
): Promise<Gradients | null> => {
  const length = sequenceLength(batch.responses)
  const weight = tokenWeight(batch, members, objective.aggregation)
  let sum: Gradients | null = null
  try {
    for (const micro of chunks(members, model.microBatch)) {
      if (cancelled()) break
      const rows = sequences(batch.responses, micro, length, model.microBatch)
      const run = await model.executables.get(objective, `train ${rows.rows} ${length}`, () =>
        trainProgram(model.config, objective, rows),
      )
      // An objective need not read every matrix, and a program takes what it reads alone.
      const read = Object.entries(sequenceFeed(batch, rows, weight)).filter(([name]) => run.program.inputs.has(name))
      const { device, host } = await run.run({ ...parameterFeed(parameters), ...Object.fromEntries(read) }, tallied)
      addTo(tally, host, trainedTokens(batch, micro))
      sum = sum === null ? device : await accumulated(model, sum, device)
    }
  } catch (error) {
    freeGradients(sum)
    throw error
  }
  if (!cancelled()) return sum
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

const sequenceFeed = (batch: FilteredBatch, rows: Sequences, weight: (member: number) => number) => {
  const { responses, width, scores, mask_BT, advantages_B } = batch
  const matrix = (data: HostTensor['data']): HostTensor => ({ shape: [rows.rows, rows.length], data })
  const weights = new Map(rows.members.map((member) => [member, weight(member)]))
  const floats = (value: (member: number, token: number) => number) => matrix(spread(rows, responses, value))
  return {
    tokens: matrix(rows.tokens),
    targets: matrix(rows.targets),
    oldLogprobs: floats((member, t) => scores.logprobs_BT[member * width + t]!),
    advantages: floats((member) => advantages_B[member]!),
    mask: floats((member, t) => mask_BT[member * width + t]!),
    weights: floats((member) => weights.get(member)!),
  }
}

/** Share of one token's loss in the minibatch's mean: where micro-batches come from makes no difference. */
const tokenWeight = (batch: FilteredBatch, members: readonly number[], aggregation: Aggregation) => {
  switch (aggregation) {
    case 'token-mean': {
      const total = trainedTokens(batch, members)
      return () => 1 / total
    }
    case 'seq-mean-token-mean':
      return (member: number) => 1 / (members.length * trainedTokens(batch, [member]))
    case 'prompt-mean-token-sum': {
      const promptOf = (member: number) => batch.responses[member]!.group
      const prompts = new Set(members.map(promptOf))
      const siblings = (member: number) => members.filter((other) => promptOf(other) === promptOf(member)).length
      return (member: number) => 1 / (prompts.size * siblings(member))
    }
  }
}

const trainedTokens = ({ mask_BT, width }: FilteredBatch, members: readonly number[]): number =>
  members.reduce((total, member) => {
    const row = mask_BT.subarray(member * width, (member + 1) * width)
    return total + row.reduce((a, b) => a + b, 0)
  }, 0)
