import type { Band, Drift } from './band.js'

/** What the monitor publishes for one batch; the filter decides by it. @units nats per token */
export interface EntropyState {
  readonly batch: number
  /** Token-mean of the learner policy's entropy at temperature 1 over the batch. */
  readonly entropy: number
  readonly band: Band
  readonly drift: Drift
  /** Entropy minus that of the batch measured before; null for the first. */
  readonly measuredChange: number | null
  /** First-order change if the whole batch trained, per unit learning rate: the sign is the message. */
  readonly predictedChange: number
}
