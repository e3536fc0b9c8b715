import * as E from 'fp-ts/lib/Either.js'
import type { Band } from '../rollout/band.js'

/** Band as a pure function of the step, counted from 0. */
export type Schedule = (step: number) => Band

/** Error of two numbers that do not form a band. */
export interface BandError {
  readonly _tag: 'BandError'
  readonly low: number
  readonly high: number
  readonly message: string
}

/** Creates a band from two numbers that are known only at run time; `low` may equal `high`. */
export const band = (low: number, high: number): E.Either<BandError, Band> =>
  Number.isFinite(high) && 0 <= low && low <= high
    ? E.right({ low, high })
    : E.left({
        _tag: 'BandError',
        low,
        high,
        message: `found low ${low} and high ${high}, expected finite numbers with 0 <= low <= high`,
      })
