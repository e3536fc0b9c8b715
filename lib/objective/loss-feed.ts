import { SCALAR } from './loss.js'
import { type Minibatch, trainedTokensOf } from './minibatch.js'
import type { Objective } from './objective.js'

/** A number of one token: of response `member`, at `place` in a [B, T] matrix of the batch. */
export type TokenValue = (member: number, place: number) => number

/** The inputs of {@link lossOf} for one minibatch, before they are laid out in micro-batches. */
export interface LossFeed {
  readonly matrices: Readonly<Record<string, TokenValue>>
  readonly scalars: Readonly<Record<string, number>>
  /** Trained tokens, and those of them that the objective marked. */
  readonly tokens: number
  readonly marked: number
}

/** @errors RangeError where the objective needs a reference that the batch does not have */
export const lossFeed = (objective: Objective, minibatch: Minibatch): LossFeed => {
  const { batch, rows: members } = minibatch
  const { scores, mask_BT, advantages_B, importance_BT, referenceLogprobs_BT, controlled: weighing } = batch
  if (objective.needsReference === true && referenceLogprobs_BT === undefined)
    throw new RangeError(
      `objective ${objective.name} reads a reference policy, and batch ${batch.step} has no scores of one`,
    )
  const weight = objective.aggregation(minibatch)
  const weights = new Map(members.map((member) => [member, weight(member)]))
  const marks_BT = objective.marks?.(minibatch)
  return {
    matrices: {
      oldLogprobs: (_, place) => scores.logprobs_BT[place]!,
      referenceLogprobs: (_, place) => referenceLogprobs_BT?.[place] ?? 0,
      advantages: (member, place) => advantages_B[member]! * (importance_BT?.[place] ?? 1),
      mask: (_, place) => mask_BT[place]!,
      marked: (_, place) => marks_BT?.[place] ?? 0,
      weights: (member) => weights.get(member)!,
    },
    scalars: scalarsOf(objective, weighing?.scalars ?? {}),
    tokens: members.reduce((sum, member) => sum + trainedTokensOf(batch, member), 0),
    marked: marks_BT === undefined ? 0 : marks_BT.reduce((sum, mark) => sum + mark, 0),
  }
}

/** Those of the objective, as the controller changed them. */
const scalarsOf = ({ scalars = {} }: Objective, changed: Readonly<Record<string, number>>) =>
  Object.fromEntries(Object.entries(scalars).map(([name, value]) => [SCALAR + name, changed[name] ?? value]))
