/** Target range of the policy entropy, bounds included. @units nats per token */
export interface Band {
  readonly low: number
  readonly high: number
}

/** Band at a step of the run, steps counted from 0. Pure. */
export type Schedule = (step: number) => Band

/** +1 entropy above the band, -1 below it, 0 inside; a bound is inside. */
export type Drift = -1 | 0 | 1
