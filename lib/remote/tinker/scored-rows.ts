import { lastValueFrom, Observable, takeUntil } from 'rxjs'
import type { Batch } from '../../rollout/batch.js'
import type { SampledScores } from '../../rollout/scores.js'
import { dataOf, onesOf, type Piece, piecesOf } from './data.js'
import type { ServiceModel } from './model.js'

/**
 * Log-probs of the completion tokens of some rows of a batch under the present weights; null when cancelled.
 *
 * @shape [B, T] of the batch, 0 at other rows and in the padding
 * @units nats, at temperature 1
 * @errors rejects with ServerError
 */
export const logprobsOf = async (
  model: ServiceModel,
  batch: Batch,
  rows: readonly number[],
  size: number,
  signal: AbortSignal,
): Promise<Float32Array | null> => {
  const logprobs_BT = new Float32Array(batch.responses.length * batch.width)
  // One request after the other: a service may join requests that wait at the same time into one of a new shape.
  for (const piece of piecesOf(batch, rows, size)) {
    const data = dataOf(batch, piece, (row) => onesOf(batch, row))
    const logprobs = await valueBefore(model.forward(data), signal)
    if (logprobs === null) return null
    placeLogprobs(logprobs_BT, batch, piece, logprobs)
  }
  return logprobs_BT
}

/** Places the log-probs of the sequences of a request in a matrix of the batch. @shape logprobs_BT [B, T] */
export const placeLogprobs = (
  logprobs_BT: Float32Array,
  { responses, width }: Batch,
  { rows }: Piece,
  logprobs: readonly Float64Array[],
): void =>
  rows.forEach((row, i) => {
    const { length } = responses[row]!.completion.tokens
    logprobs_BT.set(logprobs[i]!.subarray(-length), row * width)
  })

/** Returns the value of a request; null if the signal is aborted first, which closes the connection. */
const valueBefore = <A>(request$: Observable<A>, signal: AbortSignal): Promise<A | null> =>
  lastValueFrom(request$.pipe(takeUntil(aborted(signal))), { defaultValue: null })

const aborted = (signal: AbortSignal): Observable<void> =>
  new Observable((subscriber) => {
    const abort = () => subscriber.next()
    if (signal.aborted) abort()
    else signal.addEventListener('abort', abort, { once: true })
    return () => signal.removeEventListener('abort', abort)
  })

/** Scores of log-probs alone. @shape logprobs_BT [B, T] of a batch, at temperature 1 */
export const scoresOf = (version: number, logprobs_BT: Float32Array): SampledScores => ({
  version,
  method: 'sampled',
  logprobs_BT,
  entropy_BT: logprobs_BT.map((logprob) => -logprob),
})
