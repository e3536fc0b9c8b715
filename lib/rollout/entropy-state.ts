import type { Band, Drift, Waypoint } from './band.js'

/** What the monitor publishes for one batch; the filter decides by it. @units nats per token */
export interface EntropyState {
  readonly step: number
  /** Token-mean of the learner policy's entropy at temperature 1 over the batch. */
  readonly entropy: number
  readonly band: Band
  /** The points of the band that a hand put in force with this batch, none where it let go; null where it did neither. */
  readonly steered: readonly Waypoint[] | null
  readonly drift: Drift
  /** Entropy minus that of the batch measured before; null for the first. */
  readonly measuredChange: number | null
  /** First-order change if the whole batch trained, per unit learning rate: the sign is the message. */
  readonly predictedChange: number
}
