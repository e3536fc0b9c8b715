import * as E from 'fp-ts/lib/Either.js'

/** Target range of the policy entropy, bounds included. @units nats per token */
export interface Band {
  readonly low: number
  readonly high: number
}

/** Band at a step of the run, steps counted from 0. Pure. */
export type Schedule = (step: number) => Band

/** +1 entropy above the band, -1 below it, 0 inside; a bound is inside. */
export type Drift = -1 | 0 | 1

/** Two numbers that are no band. */
export interface BandError {
  readonly _tag: 'BandError'
  readonly low: number
  readonly high: number
  readonly message: string
}

/** A band from two numbers that arrive at run time; a band of one number (low = high) is a band. */
export const band = (low: number, high: number): E.Either<BandError, Band> =>
  Number.isFinite(low) && Number.isFinite(high) && low <= high
    ? E.right({ low, high })
    : E.left({
        _tag: 'BandError',
        low,
        high,
        message: `found low ${low} and high ${high}, expected finite numbers with low <= high`,
      })
