import * as E from 'fp-ts/lib/Either.js'
import type { Band } from '../rollout/band.js'

/** Schedule of the entropy band: a pure function from the training step, counted from 0, to the band of that step. */
export type Schedule = (step: number) => Band

/** Error of two numbers that do not form a band. */
export interface BandError {
  readonly _tag: 'BandError'
  readonly low: number
  readonly high: number
  readonly message: string
}

/**
 * Creates a band from two numbers that are known only at run time; `low` may equal `high`.
 *
 * @units  nats per token
 * @errors BandError if a number is not finite, or if low > high
 * @example
 * band(0.2, 0.1) // left: found low 0.2 and high 0.1, expected finite numbers with low <= high
 */
export const band = (low: number, high: number): E.Either<BandError, Band> =>
  Number.isFinite(high) && 0 <= low && low <= high
    ? E.right({ low, high })
    : E.left({
        _tag: 'BandError',
        low,
        high,
        message: `found low ${low} and high ${high}, expected finite numbers with 0 <= low <= high`,
      })
