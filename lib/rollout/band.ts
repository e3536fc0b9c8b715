/** Target range of the policy entropy, bounds included. @units nats per token */
export interface Band {
  readonly low: number
  readonly high: number
}

/** Position of the entropy relative to its band: +1 above, -1 below, 0 inside. A bound counts as inside. */
export type Drift = -1 | 0 | 1

/** Band at one step of a piecewise schedule. */
export interface Waypoint {
  readonly step: number
  readonly band: Band
}
