import type { FilteredBatch, Scores } from '../rollout/batch.js'

/** The responses of one optimiser step, as plain numbers: what is decided before the loss is differentiated. */
export interface Minibatch {
  readonly batch: FilteredBatch
  /** Which responses of the batch; each has a token that trains. */
  readonly rows: readonly number[]
  /** Minibatches that the batch is cut into. */
  readonly count: number
  /**
   * What the weights say that this step starts from, in the batch's layout; only the members' rows are of use. The
   * batch's own scores, which the first minibatch starts from, are `batch.scores`.
   */
  readonly scores: Scores
  /** Uniform draws of [0, 1), keyed by the minibatch. */
  readonly draw: (place: number) => number
}

/** Tokens of a response that train. */
export const trainedTokensOf = ({ mask_BT, width }: FilteredBatch, member: number): number => {
  let count = 0
  for (let i = member * width; i < (member + 1) * width; i++) count += mask_BT[i]!
  return count
}

/** Mean over the tokens of a response that train; `valueAt` takes a place in a [B, T] matrix of the batch. */
export const trainedMean = (
  batch: Pick<FilteredBatch, 'mask_BT' | 'width'>,
  member: number,
  valueAt: (place: number) => number,
): number => {
  const { mask_BT, width } = batch
  let [sum, tokens] = [0, 0]
  for (let place = member * width; place < (member + 1) * width; place++) {
    if (mask_BT[place] !== 1) continue
    sum += valueAt(place)
    tokens++
  }
  return sum / tokens
}

/** Places, in a [B, T] matrix of the batch, of every token that trains. */
export const trainedPlaces = ({ batch: { mask_BT, width }, rows: members }: Minibatch): readonly number[] =>
  members.flatMap((member) =>
    Array.from({ length: width }, (_, t) => member * width + t).filter((place) => mask_BT[place] === 1),
  )
