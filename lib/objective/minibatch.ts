import type { FilteredBatch } from '../rollout/batch.js'
import type { Scores } from '../rollout/scores.js'

/**
 * Responses of one optimiser step, as plain numbers. An objective reads them before its loss is differentiated, in
 * {@link Objective.aggregation} and {@link Objective.marks}.
 */
export interface Minibatch {
  readonly batch: FilteredBatch
  /** Rows of the batch that belong to the minibatch; each of them has a token that trains. */
  readonly rows: readonly number[]
  /** Number of minibatches in the batch. */
  readonly count: number
  /**
   * Scores under the weights at the start of this optimiser step, in the layout of the batch. Only the rows of the minibatch
   * are valid. For the first minibatch they equal `batch.scores`.
   */
  readonly scores: Scores
  /** Returns a uniform random number in [0, 1) for an index; the numbers depend on the minibatch alone. */
  readonly draw: (index: number) => number
}

type Mask = Pick<FilteredBatch, 'mask_BT' | 'width'>

const forEachTrainedToken = ({ mask_BT, width }: Mask, row: number, visit: (place: number) => void): void => {
  for (let place = row * width; place < (row + 1) * width; place++) if (mask_BT[place] === 1) visit(place)
}

/** Number of tokens of a response that train. */
export const trainedTokensOf = (batch: Mask, row: number): number => {
  let count = 0
  forEachTrainedToken(batch, row, () => {
    count++
  })
  return count
}

/** Mean of a quantity over the tokens of a response that train; `valueAt` takes a place in a [B, T] matrix of the batch. */
export const trainedMean = (batch: Mask, row: number, valueAt: (place: number) => number): number => {
  let [sum, tokens] = [0, 0]
  forEachTrainedToken(batch, row, (place) => {
    sum += valueAt(place)
    tokens++
  })
  return sum / tokens
}

/**
 * Places of all tokens of a minibatch that train, in a row-major [B, T] matrix of its batch.
 *
 * @example
 * const entropies = trainedPlaces(minibatch).map((place) => minibatch.scores.entropy_BT[place]!)
 */
export const trainedPlaces = ({ batch, rows }: Minibatch): readonly number[] => {
  const places: number[] = []
  for (const row of rows) forEachTrainedToken(batch, row, (place) => places.push(place))
  return places
}

/** Row of the response that a place of a [B, T] matrix belongs to. */
export const rowOf = ({ width }: Mask, place: number): number => Math.floor(place / width)
