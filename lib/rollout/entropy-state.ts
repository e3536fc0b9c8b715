import type { Band, Drift, Waypoint } from './band.js'
import type { ScoreMethod } from './scores.js'

/** Entropy of one batch, which the monitor publishes; filter and controller read it. @units nats per token */
export interface EntropyState {
  /** Number of the training step. */
  readonly step: number
  /** Token-mean entropy of the learner policy at temperature 1; NaN for a batch without responses. */
  readonly entropy: number
  /** Way in which the scores were made that `entropy` was computed from. */
  readonly scoreMethod: ScoreMethod
  /**
   * Error of `entropy`: 0 for exact scores, the standard error for sampled scores, the largest possible error for top-k scores. Null if
   * it is unknown, because fewer than two tokens were scored. See {@link entropyEstimate}.
   */
  readonly entropyError: number | null
  /** Band in force at this step. */
  readonly band: Band
  /** Band planned for the next step; the band in force where the plan is a stream of bands. */
  readonly nextBand: Band
  /** Waypoints of an override that starts at this step; empty when an override ends here; null when nothing changes. */
  readonly steered: readonly Waypoint[] | null
  /** Position of the entropy relative to the band. */
  readonly drift: Drift
  /** Entropy minus the entropy of the last measured batch; null for the first batch, and when the entropy is NaN. */
  readonly measuredChange: number | null
  /** First-order entropy change per unit learning rate if the whole batch trained; only its sign is meaningful. */
  readonly predictedChange: number
}
