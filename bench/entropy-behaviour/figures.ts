import type { StepMetrics } from '../../lib/run/step-metrics.js'
import { mean } from '../../lib/statistics.js'
import type { Prediction, Row } from './rows.js'

/** One row with one seed: as it comes, or with the filter that holds a band. */
export interface Run {
  readonly row: Row
  readonly seed: number
  readonly band: boolean
  readonly metrics: readonly StepMetrics[]
}

/** Steps before anything has had an effect, and those at the end that stand for where entropy went. */
export const settling = 10
export const ending = 20

/** How far from its target an entropy still counts as holding it, and the tolerance of a band. @units nats per token */
export const tolerance = 0.05
export const margin = 0.02

const measured = (metrics: readonly StepMetrics[]) =>
  metrics.flatMap(({ step, entropy, low, high }) => (entropy === null ? [] : [{ step, entropy, low, high }]))

/** Least-squares slope of entropy. @units nats per token and 100 steps */
export const slope = ({ metrics }: Run): number => {
  const points = measured(metrics)
  const [x, y] = [mean(points.map(({ step }) => step)), mean(points.map(({ entropy }) => entropy))]
  const covariance = points.reduce((sum, { step, entropy }) => sum + (step - x) * (entropy - y), 0)
  return (100 * covariance) / points.reduce((sum, { step }) => sum + (step - x) ** 2, 0)
}

/** Mean entropy of the last steps. */
export const end = ({ metrics }: Run): number => mean(measured(metrics.slice(-ending)).map(({ entropy }) => entropy))

/** Share of right answers over the last steps. */
export const correct = ({ metrics }: Run): number =>
  mean(metrics.slice(-ending).flatMap(({ correct }) => (correct === null ? [] : [correct])))

/** How entropy followed its band once it could: share of the steps inside (widened), and distance to it (RMS). */
export const tracking = ({ metrics }: Run): { readonly inside: number; readonly rmse: number } => {
  const points = measured(metrics.slice(settling))
  const distances = points.map(({ entropy, low, high }) => Math.max(0, low - entropy, entropy - high))
  return {
    inside:
      points.filter(({ entropy, low, high }) => low - margin <= entropy && entropy <= high + margin).length /
      points.length,
    rmse: Math.sqrt(mean(distances.map((distance) => distance ** 2))),
  }
}

/** Mean over the runs of a row, and its least and largest. */
export const spread = (runs: readonly Run[], figure: (run: Run) => number) => {
  const values = runs.map(figure)
  return { mean: mean(values), least: Math.min(...values), most: Math.max(...values) }
}

/** Whether every seed did what was predicted. `slopeOf` gives the mean slope of another row. */
export const holds = (prediction: Prediction, runs: readonly Run[], slopeOf: (row: string) => number): boolean => {
  switch (prediction.entropy) {
    case 'falls':
      return runs.every((run) => slope(run) < 0)
    case 'rises':
      return runs.every((run) => slope(run) > 0)
    case 'falls more slowly': {
      const other = slopeOf(prediction.than)
      return runs.every((run) => slope(run) < 0 && slope(run) > other)
    }
    case 'holds':
      return runs.every((run) => Math.abs(end(run) - prediction.target) <= tolerance)
    case 'holds the band':
      return runs.every((run) => tracking(run).inside >= 0.85)
  }
}
