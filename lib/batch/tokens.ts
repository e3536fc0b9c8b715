import type { Batch } from '../rollout/batch.js'

/** The fields of a batch that place its completion tokens in a [B, T] matrix. */
export type TokenLayout = Pick<Batch, 'responses' | 'width'>

/**
 * A function of one completion token: its place in a row-major [B, T] matrix, its row b, and its position t in the
 * completion, where place = b T + t.
 */
type OfToken<A> = (place: number, row: number, position: number) => A

/**
 * Calls `visit` for every completion token of one response, in order. Padding is left out.
 *
 * @shape row is an index into `responses`
 */
export const forEachTokenOf = ({ responses, width }: TokenLayout, row: number, visit: OfToken<void>): void => {
  const { length } = responses[row]!.completion.tokens
  for (let t = 0; t < length; t++) visit(row * width + t, row, t)
}

/**
 * Calls `visit` for every completion token of a batch: row after row, each row in order. Padding is left out.
 *
 * @example
 * let certain = 0
 * forEachToken(batch, (place) => {
 *   if (batch.scores.entropy_BT[place]! < 0.01) certain++
 * })
 */
export const forEachToken = (batch: TokenLayout, visit: OfToken<void>): void => {
  for (let b = 0; b < batch.responses.length; b++) forEachTokenOf(batch, b, visit)
}

/**
 * Calls `visit` for every response with the places of its completion tokens: those from `first` up to `end`, without `end`. A loop over
 * them is much faster than {@link forEachToken}, which calls a function for each token.
 *
 * @example
 * forEachRow(batch, (first, end) => {
 *   for (let place = first; place < end; place++) sum_BT[place] = one_BT[place]! + other_BT[place]!
 * })
 */
export const forEachRow = (
  { responses, width }: TokenLayout,
  visit: (first: number, end: number, row: number) => void,
): void => {
  for (let b = 0; b < responses.length; b++) visit(b * width, b * width + responses[b]!.completion.tokens.length, b)
}

/**
 * Mean of a matrix over the completion tokens of a batch, so that a long response counts more; NaN without tokens.
 *
 *     mean = sum_b sum_t value_bt / number of tokens        b: the rows that `isCounted` accepts, all by default
 *
 * It takes a matrix and not a function of a token, because a function that returns a number allocates at every call.
 *
 * @shape values_BT [B, T]; the padding is not read
 * @example
 * tokenMean(batch, batch.scores.entropy_BT, (row) => batch.advantages_B[row]! > 0)
 */
export const tokenMean = (
  { responses, width }: TokenLayout,
  values_BT: ArrayLike<number>,
  isCounted: (row: number) => boolean = () => true,
): number => {
  let sum = 0
  let tokens = 0
  for (let b = 0; b < responses.length; b++) {
    if (!isCounted(b)) continue
    const { length } = responses[b]!.completion.tokens
    for (let place = b * width; place < b * width + length; place++) sum += values_BT[place]!
    tokens += length
  }
  return sum / tokens
}

/**
 * Matrix of a quantity at every completion token of a batch, in double precision.
 *
 * @shape [B, T], 0 in the padding
 */
export const tokenMatrix = (batch: TokenLayout, valueAt: OfToken<number>): Float64Array => {
  const matrix_BT = new Float64Array(batch.responses.length * batch.width)
  forEachToken(batch, (place, row, position) => {
    matrix_BT[place] = valueAt(place, row, position)
  })
  return matrix_BT
}
