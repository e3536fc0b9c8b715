import type { Band } from '../rollout/band.js'
import { checked, decay, oneOf, share } from '../option.js'
import type { MeasuredBatch } from '../rollout/batch.js'
import type { EntropyState } from '../rollout/entropy-state.js'
import { sum } from '../statistics.js'
import { type PredictionName, predictionNames } from './predicted-change.js'

/** Options of calibrated entropy control. */
export interface CalibratedOptions {
  /** Prediction of the entropy change of a token. Default: `covariance`, and `sampled` if the scores are sampled. */
  readonly prediction?: PredictionName
  /** Share of the distance to the target that one step is meant to remove, in (0, 1] [0.3]. */
  readonly rate?: number
  /** Factor by which the weight of a measured change falls with each later one, in [0, 1) [0.97]. */
  readonly forgetting?: number
}

/** All options of calibrated control. The prediction is null where the scores choose it. */
export type CalibratedSettings = Required<Omit<CalibratedOptions, 'prediction'>> & {
  readonly prediction: PredictionName | null
}

/** Returns all options of calibrated control. @errors RangeError for a value that an option cannot have */
export const calibratedOptions = (options: CalibratedOptions): CalibratedSettings => {
  const {
    prediction = null,
    rate = 0.3,
    forgetting = 0.97,
  } = checked(options, { prediction: oneOf(predictionNames), rate: share, forgetting: decay })
  return { prediction, rate, forgetting }
}

/**
 * Memory of calibrated entropy control: the measured relation between the predicted and the real change of entropy, and the updates
 * whose effect is not measured yet.
 */
export type Calibration = {
  /** Sum of P dH over the measured changes, with forgetting. P: predicted change, dH: measured change. */
  readonly products: number
  /** Sum of P^2 over the measured changes, with forgetting. */
  readonly squares: number
  /** Number of measured changes. */
  readonly changes: number
  /** Entropy of the last measured batch. @units nats per token */
  readonly entropy: number
  /** Version of the weights of the last measured batch; -1 before the first. */
  readonly version: number
  /** Steps of the updates whose effect is not measured yet, in order. */
  readonly steps: readonly number[]
  /** Predicted change P of each of these updates. @units nats per token and unit learning rate */
  readonly predicted: readonly number[]
}

/** Calibration before the first batch. */
export const uncalibrated: Calibration = {
  products: 0,
  squares: 0,
  changes: 0,
  entropy: 0,
  version: -1,
  steps: [],
  predicted: [],
}

/**
 * Adds the measured entropy of a batch to a calibration.
 *
 *     version of the scores    7        7        8          with two batches in flight
 *     entropy                  H0       H1       H2
 *     update sent              P0       P1       P2
 *     measured change                   -        H2 - H1 belongs to P0, the update from version 7 to 8
 *
 * The difference of two entropies belongs to the updates between the versions of their weights, and not to the batch before: with
 * several batches in flight a batch is measured before the update of the one before is complete. An update that the learner skipped is
 * dropped if the batch tells it. Otherwise it is known when fewer versions came than updates are complete, and then no
 * change is measured. A version below the last one is the first of a resumed run, whose learner counts its versions anew.
 */
export const addMeasurement = (
  known: Calibration,
  { entropy }: EntropyState,
  batch: Pick<MeasuredBatch, 'step' | 'inFlight' | 'skipped' | 'scores'>,
  { forgetting }: Pick<CalibratedSettings, 'forgetting'>,
): Calibration => {
  const {
    step,
    inFlight = Infinity,
    skipped = [],
    scores: { version },
  } = batch
  const before = withoutUpdates(known, skipped)
  const complete = before.steps.filter((sent) => sent <= step - inFlight).length
  const published = version < before.version ? complete : version - before.version
  const isKnown = published > 0 && complete <= published && published <= before.steps.length
  const resolved = isKnown ? published : complete
  const after = {
    ...before,
    entropy,
    version,
    steps: before.steps.slice(resolved),
    predicted: before.predicted.slice(resolved),
  }
  if (!isKnown) return after
  const P = sum(before.predicted.slice(0, published))
  return {
    ...after,
    products: forgetting * before.products + P * (entropy - before.entropy),
    squares: forgetting * before.squares + P ** 2,
    changes: before.changes + 1,
  }
}

const withoutUpdates = (calibration: Calibration, skipped: readonly number[]): Calibration => {
  const made = (_: number, place: number) => !skipped.includes(calibration.steps[place]!)
  return { ...calibration, steps: calibration.steps.filter(made), predicted: calibration.predicted.filter(made) }
}

/** Adds an update that is sent to the learner, with its predicted change. */
export const addUpdate = (before: Calibration, step: number, predicted: number): Calibration => ({
  ...before,
  steps: [...before.steps, step],
  predicted: [...before.predicted, predicted],
})

/** Smallest number of measured changes from which the gain is used. One change alone is mostly noise of the batch. */
const LEAST_CHANGES = 3

/**
 * Gain g: measured change of entropy per predicted change, by least squares through the origin with forgetting. Null while it is
 * unknown, or not positive.
 *
 *     g = sum_k f^(n-k) P_k dH_k / sum_k f^(n-k) P_k^2        f: the factor `forgetting`
 */
export const gainOf = ({ products, squares, changes }: Calibration): number | null =>
  changes >= LEAST_CHANGES && products > 0 ? products / squares : null

/** Range of the predicted change P that the next update may have. @units nats per token and unit learning rate */
export interface ChangeRange {
  readonly least: number
  readonly most: number
}

/** Largest expected distance past the target, in widths of the band. A step that goes farther may end outside on the other side. */
const OVERSHOOT = 0.25

/**
 * Range of the predicted change P with which the next update brings entropy to its target; null while the gain is unknown.
 *
 *     d      = H + g sum P - target              expected distance; sum P: over the updates that are not measured yet
 *     d_next = d + g P - (next target - target)  expected distance after the update
 *
 *     d > 0    -o <= d_next <= (1 - rate) d      o: a quarter of the width of the band
 *     d < 0    (1 - rate) d <= d_next <= o
 *
 * A target is the middle of a band: of the band in force, or of the band of the next step. The movement of the band is fed forward.
 * The distance alone would let the entropy lag behind a falling band by the movement of 1 / rate steps.
 */
export const neededChange = (
  calibration: Calibration,
  { entropy, band, nextBand }: EntropyState,
  { rate }: Pick<CalibratedSettings, 'rate'>,
): ChangeRange | null => {
  const gain = gainOf(calibration)
  if (gain === null) return null
  const distance = entropy + gain * sum(calibration.predicted) - middle(band)
  const overshoot = OVERSHOOT * (band.high - band.low)
  const changeTo = (next: number) => (next - distance + middle(nextBand) - middle(band)) / gain
  return {
    least: changeTo(distance < 0 ? (1 - rate) * distance : -overshoot),
    most: changeTo(distance > 0 ? (1 - rate) * distance : overshoot),
  }
}

const middle = ({ low, high }: Band): number => (low + high) / 2

/** Adds the measured entropy of a batch to a calibration, and returns the range of predicted changes that the update of that batch needs. */
export const calibrate = (
  before: Calibration,
  state: EntropyState,
  batch: MeasuredBatch,
  options: CalibratedSettings,
): { readonly measured: Calibration; readonly needed: ChangeRange | null } => {
  const measured = addMeasurement(before, state, batch, options)
  return { measured, needed: neededChange(measured, state, options) }
}
