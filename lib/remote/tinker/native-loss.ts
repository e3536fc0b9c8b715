import { exp, input, mul, neg, sub } from '../../compute/operation/index.js'
import type { Node } from '../../compute/program/node.js'
import { print } from '../../compute/program/print.js'
import { program } from '../../compute/program/program.js'
import { lossOf } from '../../objective/loss.js'
import { lossFeed } from '../../objective/loss-feed.js'
import type { Minibatch } from '../../objective/minibatch.js'
import { batchUse, type Objective, type ObjectiveInputs } from '../../objective/objective.js'
import { ppoClip } from '../../objective/ppo-clip.js'
import { LOG_RATIO_BOUND, tokenRatio } from '../../objective/ratio.js'
import type { FilteredBatch } from '../../rollout/batch.js'
import type { Averaging } from './averaging.js'
import type { TokenInputs } from './data.js'

/** Losses of services that are losses of objectives here. */
export type NativeLoss = 'ppo' | 'importance_sampling'

/** Distance of the bounds of the ratio of `ppo` from 1, on both sides. */
export const CLIP = 0.2

type Losses = (inputs: ObjectiveInputs) => Node

/** Ratio without bounds, as an objective of a program has it. */
const plainRatio: Losses = ({ logprobs_BT, oldLogprobs_BT }) => exp(sub(logprobs_BT, oldLogprobs_BT))

const importanceOf = (gain: Losses): Objective => ({
  name: 'importance-sampling',
  ...batchUse({}),
  loss: (inputs) => ({ loss_BT: neg(gain(inputs)) }),
})

/** Objectives that each loss of a service is. */
const objectivesOf: Readonly<Record<NativeLoss, readonly Objective[]>> = {
  ppo: [ppoClip({ clipLow: CLIP, clipHigh: CLIP, dualClip: null })],
  importance_sampling: [tokenRatio, plainRatio].flatMap((ratio) => [
    importanceOf((inputs) => mul(ratio(inputs), inputs.advantages_BT)),
    importanceOf((inputs) => mul(inputs.advantages_BT, ratio(inputs))),
  ]),
}

/**
 * Returns the loss of services that is the loss of an objective on a batch, to the last operation of its program; null if there is
 * none.
 *
 * A service does not hold the log ratio in [-20, 20]. Where no old log-prob is below -20, no log ratio is above 20, and one below -20
 * has a gradient of less than 3e-9 A, which counts as none.
 */
export const nativeLossOf = (objective: Objective, batch: FilteredBatch): NativeLoss | null => {
  const text = lossText(objective)
  const isSame = (other: Objective) => text === lossText(other) && hasScalars(objective, batch, other)
  const found = (['ppo', 'importance_sampling'] as const).find((loss) => objectivesOf[loss].some(isSame))
  return found !== undefined && isBounded(batch) ? found : null
}

/** Text of the program of an objective's loss: equal texts are equal losses. */
const lossText = (objective: Objective): string => {
  const shape = [1, 2]
  const statistics = { logprob: input('logprobs', shape), entropy: input('entropy', shape) }
  return print(program('loss', { loss: lossOf(objective, statistics, shape).loss }))
}

const hasScalars = ({ scalars = {} }: Objective, { controlled }: FilteredBatch, expected: Objective): boolean =>
  Object.entries(expected.scalars ?? {}).every(
    ([name, value]) => (controlled?.scalars[name] ?? scalars[name]) === value,
  )

const isBounded = ({ mask_BT, scores }: FilteredBatch): boolean =>
  mask_BT.every((trains, place) => trains === 0 || scores.logprobs_BT[place]! >= -LOG_RATIO_BOUND)

/**
 * Returns the inputs of the tokens of each response for a loss of a service, whose gradient is the gradient of ours.
 *
 *     ours          L = sum_bt weight_b mask_bt loss(A_bt, ratio_bt)         the weights are those of the aggregation
 *     service       A'_bt = weight_b mask_bt A_bt                            loss(k A) = k loss(A) for k >= 0
 *
 * A' is multiplied by the number of tokens where the service takes their mean, and by the number of sequences where it takes theirs.
 * The field `weights` is left out where tokens are summed, because the losses of the protocol do not need it.
 *
 * It returns null for an aggregation that reads the scores of the minibatch, because the log-probs of the present weights are not
 * known before the service computes the loss.
 *
 * @shape `size` is the number of sequences of the optimiser step, padding included
 * @errors those of {@link lossFeed}
 */
export const nativeInputs = (
  objective: Objective,
  minibatch: Omit<Minibatch, 'scores'>,
  { tokens, data }: Averaging,
  size: number,
): ((row: number) => TokenInputs) | null => {
  const { batch } = minibatch
  const reads = { scores: false }
  const { matrices } = lossFeed(objective, {
    ...minibatch,
    get scores() {
      reads.scores = true
      return batch.scores
    },
  })
  if (reads.scores) return null
  return (row) => {
    const { length } = batch.responses[row]!.completion.tokens
    const values = (name: 'advantages' | 'mask' | 'oldLogprobs') =>
      Float64Array.from({ length }, (_, t) => matrices[name]!(row, row * batch.width + t))
    const factor = matrices['weights']!(row, 0) * (data === 'mean' ? size : 1) * (tokens === 'sum' ? 1 : length)
    const mask_T = values('mask')
    return {
      ...(tokens === 'sum' ? {} : { weights: new Uint8Array(length).fill(1) }),
      advantages: values('advantages').map((advantage, t) => (mask_T[t] === 1 ? factor * advantage : 0)),
      logprobs: values('oldLogprobs').map((logprob, t) => (mask_T[t] === 1 ? logprob : 0)),
    }
  }
}
