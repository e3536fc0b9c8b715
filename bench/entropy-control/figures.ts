import type { FilterName } from '../../lib/entropy/filter/index.js'
import { bootstrap, type Estimate } from '../../lib/evaluation/bootstrap.js'
import type { QuestionResult } from '../../lib/evaluation/evaluation.js'
import { meanAtK } from '../../lib/evaluation/mean-at-k.js'
import { passAtK } from '../../lib/evaluation/pass-at-k.js'
import type { StepMetrics } from '../../lib/run/step-metrics.js'
import { mean } from '../../lib/statistics.js'

/** One training run and its examination. */
export interface Run {
  readonly filter: FilterName
  readonly seed: number
  readonly metrics: readonly StepMetrics[]
  readonly results: readonly QuestionResult[]
}

/** The band's tolerance, and the steps before the filter has had a chance. @units nats per token; steps */
export const margin = 0.02
export const settling = 10

export const K = 8

/** How the entropy of a run followed its band. */
export const tracking = (metrics: readonly StepMetrics[]) => {
  const settled = metrics.slice(settling)
  const share = (holds: (step: StepMetrics, entropy: number) => boolean) =>
    settled.filter((step) => step.entropy !== null && holds(step, step.entropy)).length / settled.length
  const used = settled.map(({ accepted }) => accepted.positive + accepted.zero + accepted.negative)
  return {
    inside: share(({ low, high }, entropy) => low - margin <= entropy && entropy <= high + margin),
    below: share(({ low }, entropy) => entropy < low - margin),
    above: share(({ high }, entropy) => entropy > high + margin),
    end: metrics.at(-1)?.entropy ?? Number.NaN,
    used: mean(used),
    skipped: metrics.filter(({ status }) => status !== 'updated').length,
  }
}

type Score = (result: QuestionResult) => number

export const scores = {
  [`mean@${K}`]: meanAtK,
  [`pass@${K}`]: (result) => passAtK(result, K),
} satisfies Record<string, Score>

/** Mean over questions; the interval speaks of other questions. */
export const estimate = (results: readonly QuestionResult[], score: Score): Estimate =>
  bootstrap(results.map(score), { seed: 0 })

/**
 * By how much runs beat others on the same questions, seeds averaged: what is redrawn is the questions' differences, so
 * that how hard a question is does not count.
 */
export const advantageOver = (runs: readonly Run[], others: readonly Run[], score: Score): Estimate => {
  const perQuestion = (of: readonly Run[]) =>
    of[0]!.results.map((_, q) => mean(of.map(({ results }) => score(results[q]!))))
  const baseline = perQuestion(others)
  return bootstrap(
    perQuestion(runs).map((value, q) => value - baseline[q]!),
    { seed: 0 },
  )
}
