import { sum } from '../../statistics.js'
import type { Drift } from '../../rollout/band.js'
import type { MeasuredBatch } from '../../rollout/batch.js'
import {
  addUpdate,
  calibrate,
  calibratedOptions,
  type CalibratedOptions,
  type Calibration,
  type ChangeRange,
  uncalibrated,
} from '../calibration.js'
import type { Filter } from '../filter.js'
import { controlPrediction, needOf, type PredictionName } from '../predicted-change.js'
import { admitTokens } from './admit.js'

/**
 * Units that a filter accepts or rejects: responses, or tokens. A unit of 0 tokens is padding, or belongs to a response that the
 * estimator excluded.
 */
export interface Units {
  /** Predicted entropy change of each unit, summed over its tokens. */
  readonly change: Float64Array
  readonly tokens: ArrayLike<number>
}

/**
 * Creates a filter that controls entropy by its measured gain.
 *
 * `unitsOf` returns the units of a batch, and `unitAt` the unit of a token.
 */
export const calibratedFilter = (
  name: string,
  options: CalibratedOptions,
  unitsOf: (batch: MeasuredBatch, prediction: PredictionName) => Units,
  unitAt: (row: number, place: number) => number,
): Filter<Calibration> => {
  const chosen = calibratedOptions(options)
  return {
    name,
    rewards: 'any',
    initial: uncalibrated,
    ...needOf(chosen.prediction),
    admit: (state, batch, memory = uncalibrated) => {
      if (Number.isNaN(state.entropy)) return { ...admitTokens(state, batch, () => true), memory }
      const { measured, needed } = calibrate(memory, state, batch, chosen)
      const units = unitsOf(batch, chosen.prediction ?? controlPrediction(batch.scores))
      const rejected = needed === null ? rejectByDrift(units, state.drift) : rejectUntil(units, needed)
      const filtered = admitTokens(state, batch, (row, place) => !rejected.has(unitAt(row, place)))
      if (!filtered.accepted_B.includes(true)) return { ...filtered, memory: measured }
      return { ...filtered, memory: addUpdate(measured, batch.step, meanChange(units, rejected)) }
    },
  }
}

const rejectByDrift = ({ change }: Units, drift: Drift): ReadonlySet<number> =>
  new Set([...change.keys()].filter((unit) => drift * change[unit]! > 0))

/**
 * Rejects the units of largest change in the unwanted direction, then those of change 0, until the mean change of the others is in
 * the needed range. A unit of change 0 has no gradient of its own, and without it the others count more in the mean.
 */
const rejectUntil = ({ change, tokens }: Units, { least, most }: ChangeRange): ReadonlySet<number> => {
  const rejected = new Set<number>()
  let total = sum(change)
  let count = sum(tokens)
  const direction = total < least * count ? 1 : total > most * count ? -1 : 0
  if (direction === 0) return rejected
  const needed = direction > 0 ? least : most
  const unwanted = [...change.keys()]
    .filter((unit) => tokens[unit]! > 0 && direction * change[unit]! <= 0)
    .sort((a, b) => direction * (change[a]! - change[b]!) || a - b)
  for (const unit of unwanted) {
    if (direction * total >= direction * needed * count) break
    rejected.add(unit)
    total -= change[unit]!
    count -= tokens[unit]!
  }
  return rejected
}

/** Mean predicted change of the tokens whose unit is not rejected. */
const meanChange = ({ change, tokens }: Units, rejected: ReadonlySet<number>): number => {
  const kept = [...change.keys()].filter((unit) => !rejected.has(unit))
  return sum(kept.map((unit) => change[unit]!)) / sum(kept.map((unit) => tokens[unit]!))
}
