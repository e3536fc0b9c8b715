import { scalar, select } from '../compute/operation/index.js'
import type { Minibatch } from './minibatch.js'
import type { Objective } from './objective.js'

/** The objective with the loss of marked tokens set to 0. They stay in the averages. */
export const withoutMarked = (
  name: string,
  objective: Objective,
  marks: (minibatch: Minibatch) => Uint8Array,
): Objective => ({
  ...objective,
  name,
  marks,
  loss: (inputs) => {
    const outputs = objective.loss(inputs)
    return { ...outputs, loss_BT: select(inputs.marked_BT, scalar(0), outputs.loss_BT) }
  },
})

/** A matrix [B, T] of the minibatch's batch with 1 at these places. */
export const marksAt = ({ batch: { mask_BT } }: Minibatch, places: readonly number[]): Uint8Array => {
  const marks_BT = new Uint8Array(mask_BT.length)
  for (const place of places) marks_BT[place] = 1
  return marks_BT
}
