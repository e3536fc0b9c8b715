import type { StepMetrics } from '../../lib/run/step-metrics.js'
import { mean } from '../../lib/statistics.js'
import type { Prediction, Row } from './rows.js'

/** Training run of one row with one seed: with its defaults, or with a filter that keeps entropy in the band. */
export interface Run {
  readonly row: Row
  readonly seed: number
  /** Whether the filter was applied. */
  readonly band: boolean
  readonly metrics: readonly StepMetrics[]
}

/** First steps, which the tracking of the band ignores. */
export const settling = 10
/** Last steps, over which final values are means. */
export const finalSteps = 20

/** Largest distance at which entropy still holds its target. @units nats per token */
export const tolerance = 0.05
/** Distance by which the band is widened. @units nats per token */
export const margin = 0.02

const entropyPoints = (metrics: readonly StepMetrics[]) =>
  metrics.flatMap(({ step, entropy, low, high }) => (entropy === null ? [] : [{ step, entropy, low, high }]))

/** Least-squares slope of entropy. @units nats per token and 100 steps */
export const entropySlope = ({ metrics }: Run): number => {
  const points = entropyPoints(metrics)
  const [x, y] = [mean(points.map(({ step }) => step)), mean(points.map(({ entropy }) => entropy))]
  const covariance = points.reduce((sum, { step, entropy }) => sum + (step - x) * (entropy - y), 0)
  return (100 * covariance) / points.reduce((sum, { step }) => sum + (step - x) ** 2, 0)
}

/** Mean entropy of the last steps. @units nats per token */
export const finalEntropy = ({ metrics }: Run): number =>
  mean(entropyPoints(metrics.slice(-finalSteps)).map(({ entropy }) => entropy))

/** Share of correct answers over the last steps. */
export const finalCorrect = ({ metrics }: Run): number =>
  mean(metrics.slice(-finalSteps).flatMap(({ correct }) => (correct === null ? [] : [correct])))

/** Measures how entropy followed its band after the first steps: share of steps inside, and root mean square distance. */
export const measureTracking = ({ metrics }: Run): { readonly inside: number; readonly rmse: number } => {
  const points = entropyPoints(metrics.slice(settling))
  const distances = points.map(({ entropy, low, high }) => Math.max(0, low - entropy, entropy - high))
  return {
    inside:
      points.filter(({ entropy, low, high }) => low - margin <= entropy && entropy <= high + margin).length /
      points.length,
    rmse: Math.sqrt(mean(distances.map((distance) => distance ** 2))),
  }
}

/** Mean, smallest and largest value of a figure over runs. */
export const spread = (runs: readonly Run[], figure: (run: Run) => number) => {
  const values = runs.map(figure)
  return { mean: mean(values), min: Math.min(...values), max: Math.max(...values) }
}

/** Whether the prediction holds for every seed. `slopeOf` returns the mean slope of another row. */
export const isFulfilled = (
  prediction: Prediction,
  runs: readonly Run[],
  slopeOf: (row: string) => number,
): boolean => {
  switch (prediction.entropy) {
    case 'falls':
      return runs.every((run) => entropySlope(run) < 0)
    case 'rises':
      return runs.every((run) => entropySlope(run) > 0)
    case 'falls more slowly': {
      const other = slopeOf(prediction.than)
      return runs.every((run) => entropySlope(run) < 0 && entropySlope(run) > other)
    }
    case 'holds':
      return runs.every((run) => Math.abs(finalEntropy(run) - prediction.target) <= tolerance)
    case 'holds the band':
      return runs.every((run) => measureTracking(run).inside >= 0.85)
  }
}
