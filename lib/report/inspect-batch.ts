import { scoreMatrices } from '../batch/score-matrices.js'
import { forEachToken } from '../batch/tokens.js'
import type { FilteredBatch } from '../rollout/batch.js'
import { type Census, startCensus } from '../census.js'

/** Numbers of one field of a batch. */
export interface InspectedField {
  /** Path of the field in the batch. */
  readonly field: string
  readonly census: Census
  /** Response and token of the first number that is not finite; null if all are finite. */
  readonly firstBadAt: string | null
}

/**
 * Summarises every field of a batch that an update reads. Padding is left out.
 *
 * @shape fields of responses [B], fields of tokens [B, T]
 */
export const inspectBatch = (batch: FilteredBatch): readonly InspectedField[] => {
  const { responses, advantages_B, scores } = batch
  const rows = responses.map((_, b) => `response ${b}`)
  const tokens: { readonly place: number; readonly name: string; readonly b: number; readonly t: number }[] = []
  forEachToken(batch, (place, b, t) => tokens.push({ place, name: `response ${b}, token ${t}`, b, t }))
  const names = tokens.map(({ name }) => name)
  const matrix = (field: string, matrix_BT: Float32Array | undefined) =>
    matrix_BT === undefined
      ? []
      : [
          inspect(
            field,
            names,
            tokens.map(({ place }) => matrix_BT[place]!),
          ),
        ]
  return [
    inspect(
      'reward',
      rows,
      responses.map(({ reward }) => reward.value),
    ),
    inspect('advantages_B', rows, advantages_B),
    inspect(
      'completion.logprobs_T',
      names,
      tokens.map(({ b, t }) => responses[b]!.completion.logprobs_T[t]!),
    ),
    ...scoreMatrices(scores).flatMap(([path, matrix_BT]) => matrix(`scores.${path}`, matrix_BT)),
    ...matrix('referenceLogprobs_BT', batch.referenceLogprobs_BT),
    ...matrix('importance_BT', batch.importance_BT),
  ]
}

const inspect = (field: string, places: readonly string[], values: ArrayLike<number>): InspectedField => {
  const counting = startCensus()
  counting.add(values)
  const census = counting.result()
  return { field, census, firstBadAt: census.firstBad === null ? null : places[census.firstBad]! }
}
