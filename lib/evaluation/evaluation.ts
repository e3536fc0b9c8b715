import { sum } from '../statistics.js'
import { bootstrap, type Estimate } from './bootstrap.js'
import { meanAtK } from './mean-at-k.js'
import { passAtK } from './pass-at-k.js'
import type { QuestionCount } from './question-count.js'

/** Result of one question in an evaluation. */
export interface QuestionResult extends QuestionCount {
  /** Score of the majority answer ({@link majAtK}), in [0, 1]; null if no sample gave an answer. */
  readonly majority: number | null
  /** Number of completion tokens over all samples of the question. */
  readonly tokens: number
  /** Number of completions that the length limit cut; 0 if absent. */
  readonly truncated?: number
}

/** Accuracy of a policy on a set of questions; the confidence intervals are 95%, over questions. */
export interface Evaluation {
  /** Number of questions. */
  readonly prompts: number
  /** Number of samples over all questions. */
  readonly samples: number
  /** Mean correctness of the samples. */
  readonly meanAtK: Estimate
  /** Chance that at least one of k samples is correct, by k. */
  readonly passAtK: Readonly<Record<number, Estimate>>
  /** Correctness of the majority answer over all samples of a question; null if the verifier gives no answers. */
  readonly majAtK: Estimate | null
  /** Mean length of a completion. @units tokens */
  readonly meanTokens: number
  /** Share of the samples that the length limit cut. */
  readonly truncated: number
}

/**
 * Combines the results of all questions into one evaluation. All intervals resample the same questions.
 *
 * @errors RangeError if the counts of a question are impossible, or if it has fewer samples than one of the `ks`
 */
export const evaluationOf = (results: readonly QuestionResult[], ks: readonly number[], seed: number): Evaluation => {
  const estimate = (score: (result: QuestionResult) => number) => bootstrap(results.map(score), { seed })
  const samples = sum(results.map(({ n }) => n))
  return {
    prompts: results.length,
    samples,
    meanAtK: estimate(meanAtK),
    passAtK: Object.fromEntries(ks.map((k) => [k, estimate((result) => passAtK(result, k))] as const)),
    majAtK: results.every(({ majority }) => majority === null) ? null : estimate(({ majority }) => majority ?? 0),
    meanTokens: sum(results.map(({ tokens }) => tokens)) / samples,
    truncated: sum(results.map(({ truncated = 0 }) => truncated)) / samples,
  }
}
