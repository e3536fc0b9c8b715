import { pipe } from 'fp-ts/lib/function.js'
import * as R from 'fp-ts/lib/Record.js'
import { scoredLogprobs_BT } from '../batch/score-temperature.js'
import type { HostTensor } from '../compute/program/node.js'
import type { Signature } from '../compute/program/signature.js'
import { sum } from '../statistics.js'
import { SCALAR } from './loss.js'
import { type Minibatch, trainedTokensOf } from './minibatch.js'
import type { Objective } from './objective.js'

/** Value of one token: it belongs to response `row`, at `place` in a [B, T] matrix of the batch. */
export type TokenValue = (row: number, place: number) => number

/** Inputs of {@link lossOf} for one minibatch, before they are laid out in micro-batches. */
export interface LossFeed {
  readonly matrices: Readonly<Record<string, TokenValue>>
  readonly scalars: Readonly<Record<string, number>>
  /** Number of trained tokens. */
  readonly tokens: number
  /** Number of trained tokens that the objective marked. */
  readonly marked: number
}

/**
 * Returns the inputs of the loss of an objective for one minibatch.
 *
 * @errors RangeError if the objective needs a reference policy and the batch has no reference log-probs
 */
export const lossFeed = (objective: Objective, minibatch: Minibatch): LossFeed => {
  const { batch, rows } = minibatch
  const { scores, mask_BT, advantages_B, importance_BT, referenceLogprobs_BT, controlled } = batch
  if (objective.needsReference === true && referenceLogprobs_BT === undefined)
    throw new RangeError(
      `objective ${objective.name}: found no reference log-probs in batch ${batch.step}, expected them; score the batch under a reference policy first (scoreReference)`,
    )
  const weightOf = objective.aggregation(minibatch)
  const weights = new Map(rows.map((row) => [row, weightOf(row)]))
  const marks_BT = objective.marks?.(minibatch)
  const kept_BT = objective.kept?.(minibatch)
  const old_BT = scoredLogprobs_BT(scores)
  return {
    matrices: {
      oldLogprobs: (_, place) => old_BT[place]!,
      referenceLogprobs: (_, place) => referenceLogprobs_BT?.[place] ?? 0,
      advantages: (row, place) => advantages_B[row]! * (importance_BT?.[place] ?? 1),
      mask: (_, place) => mask_BT[place]!,
      marked: (_, place) => marks_BT?.[place] ?? 0,
      kept: (_, place) => kept_BT?.[place] ?? 1,
      weights: (row) => weights.get(row)!,
    },
    scalars: scalarsOf(objective, controlled?.scalars ?? {}),
    tokens: sum(rows.map((row) => trainedTokensOf(batch, row))),
    marked: marks_BT === undefined ? 0 : sum(marks_BT),
  }
}

/**
 * Returns the tensors of a program's inputs. A program takes only inputs that it reads, so matrices and scalars that its objective
 * does not read are left out. `layOut` arranges the values of the tokens in a matrix.
 */
export const lossTensors = (
  { matrices, scalars }: LossFeed,
  inputs: Signature['inputs'],
  layOut: (value: TokenValue) => HostTensor,
): Readonly<Record<string, HostTensor>> => {
  const isRead = (name: string) => inputs.has(name)
  return {
    ...pipe(matrices, R.filterWithIndex(isRead), R.map(layOut)),
    ...pipe(
      scalars,
      R.filterWithIndex(isRead),
      R.map((value): HostTensor => ({ shape: [], data: Float32Array.of(value) })),
    ),
  }
}

/** Scalars of the objective, with the values that the controller replaced. */
const scalarsOf = ({ scalars = {} }: Objective, replaced: Readonly<Record<string, number>>) =>
  Object.fromEntries(Object.entries(scalars).map(([name, value]) => [SCALAR + name, replaced[name] ?? value]))
