import { mean } from '../../lib/statistics.js'
import type { Prediction } from './predictions.js'
import type { RunRecord } from './record.js'
import { entropySlope, measureTracking, meanEntropy } from './study.js'

/** Share of the steps of a run, at its end, over which final values are means. */
export const finalShare = 0.25

/** Largest distance at which the final entropy still holds its target. @units nats per token */
export const tolerance = 0.05

/** Smallest share of the steps strictly inside the band with which a run holds the band. */
export const heldShare = 0.9

/** Whether a prediction holds in every run. `runsOf` returns the runs of another algorithm, whose mean slope is compared. */
export const isFulfilled = (
  prediction: Prediction,
  runs: readonly RunRecord[],
  runsOf: (name: string) => readonly RunRecord[],
): boolean => {
  switch (prediction.entropy) {
    case 'falls':
      return runs.every((run) => entropySlope(run) < 0)
    case 'rises':
      return runs.every((run) => entropySlope(run) > 0)
    case 'falls more slowly': {
      const other = mean(runsOf(prediction.than).map(entropySlope))
      return runs.every((run) => entropySlope(run) < 0 && entropySlope(run) > other)
    }
    case 'holds':
      return runs.every((run) => Math.abs(meanEntropy(run, 1 - finalShare) - prediction.target) <= tolerance)
    case 'holds the band':
      return runs.every((run) => measureTracking(run).inside >= heldShare)
  }
}
