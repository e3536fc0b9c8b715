import type { FilterName } from '../../lib/entropy/filter/index.js'
import { bootstrap, type Estimate } from '../../lib/evaluation/bootstrap.js'
import type { QuestionResult } from '../../lib/evaluation/evaluation.js'
import { meanAtK } from '../../lib/evaluation/mean-at-k.js'
import { passAtK } from '../../lib/evaluation/pass-at-k.js'
import type { StepMetrics } from '../../lib/run/step-metrics.js'

import { mean } from '../../lib/statistics.js'
/** Training run with one filter, and its results on held-out questions. */
export interface Run {
  readonly filter: FilterName
  readonly seed: number
  readonly metrics: readonly StepMetrics[]
  readonly results: readonly QuestionResult[]
}

/** Distance by which the band is widened. @units nats per token */
export const margin = 0.02
/** First steps, which the tracking of the band ignores, because the filter has no effect yet. */
export const settling = 10

/** Samples of pass@k and mean@k. */
export const K = 8

/** Measures how the entropy of a run followed its band. */
export const measureTracking = (metrics: readonly StepMetrics[]) => {
  const settled = metrics.slice(settling)
  const share = (holds: (step: StepMetrics, entropy: number) => boolean) =>
    settled.filter((step) => step.entropy !== null && holds(step, step.entropy)).length / settled.length
  const used = settled.map(({ accepted }) => accepted.positive + accepted.zero + accepted.negative)
  return {
    inside: share(({ low, high }, entropy) => low - margin <= entropy && entropy <= high + margin),
    below: share(({ low }, entropy) => entropy < low - margin),
    above: share(({ high }, entropy) => entropy > high + margin),
    end: metrics.at(-1)?.entropy ?? Number.NaN,
    used: used.reduce((a, b) => a + b, 0) / used.length,
    skipped: metrics.filter(({ status }) => status !== 'updated').length,
  }
}

type Score = (result: QuestionResult) => number

export const scores = {
  [`mean@${K}`]: meanAtK,
  [`pass@${K}`]: (result) => passAtK(result, K),
} satisfies Record<string, Score>

/** Mean score, with a 95% interval over the choice of questions. */
export const estimate = (results: readonly QuestionResult[], score: Score): Estimate =>
  bootstrap(results.map(score), { seed: 0 })

/**
 * Mean difference of scores between runs and others on the same questions, averaged over seeds. The bootstrap resamples the
 * differences, so that the difficulty of a question does not matter.
 */
export const advantageOver = (runs: readonly Run[], others: readonly Run[], score: Score): Estimate => {
  const perQuestion = (seeds: readonly Run[]) =>
    seeds[0]!.results.map((_, q) => mean(seeds.map(({ results }) => score(results[q]!))))
  const baseline = perQuestion(others)
  return bootstrap(
    perQuestion(runs).map((value, q) => value - baseline[q]!),
    { seed: 0 },
  )
}
