import { scalar, select } from '../compute/operation/index.js'
import type { Minibatch } from './minibatch.js'
import type { Objective } from './objective.js'

/**
 * Sets the loss of the tokens that `marks` selects to 0, so that they have no gradient. They stay in the averages.
 *
 * @example
 * withoutMarked('no-first-token', ppoClip(), (minibatch) =>
 *   marksAt(minibatch, trainedPlaces(minibatch).filter((place) => place % minibatch.batch.width === 0)),
 * )
 */
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

/** Matrix of the batch of a minibatch with 1 at the given places and 0 elsewhere. @shape [B, T] */
export const marksAt = ({ batch: { mask_BT } }: Minibatch, places: readonly number[]): Uint8Array => {
  const marks_BT = new Uint8Array(mask_BT.length)
  for (const place of places) marks_BT[place] = 1
  return marks_BT
}
