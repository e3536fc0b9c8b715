import { bootstrap, type Estimate } from './bootstrap.js'
import { meanAtK } from './mean-at-k.js'
import { passAtK } from './pass-at-k.js'
import type { QuestionCount } from './question-count.js'

/** Difference between the scores of two policies on the same questions; the confidence intervals are 95%, over questions. */
export interface PairedDifference {
  readonly meanAtK: Estimate
  /** Difference of pass@k, by k. */
  readonly passAtK: Readonly<Record<number, Estimate>>
}

/**
 * Mean difference between two policies on the same questions, with its paired bootstrap interval: a resampled question
 * brings the results of both policies, so the difficulty of the questions cancels out.
 *
 *     difference = mean_q( score(results_q) - score(baseline_q) )
 *
 * @errors RangeError if the two lists have different lengths, if the counts of a question are impossible, or if a question has
 *         fewer samples than one of the `ks`
 * @shape results_Q, baseline_Q [Q], the same questions in the same order
 * @example
 * pairedDifference([{ n: 4, c: 3 }], [{ n: 4, c: 1 }], [4], 7).meanAtK.value // 0.5
 */
export const pairedDifference = (
  results_Q: readonly QuestionCount[],
  baseline_Q: readonly QuestionCount[],
  ks: readonly number[],
  seed: number,
): PairedDifference => {
  if (results_Q.length !== baseline_Q.length)
    throw new RangeError(`baseline_Q: found ${baseline_Q.length} questions, expected ${results_Q.length}`)
  const estimate = (score: (count: QuestionCount) => number) =>
    bootstrap(
      results_Q.map((result, q) => score(result) - score(baseline_Q[q]!)),
      { seed },
    )
  return {
    meanAtK: estimate(meanAtK),
    passAtK: Object.fromEntries(ks.map((k) => [k, estimate((count) => passAtK(count, k))] as const)),
  }
}
