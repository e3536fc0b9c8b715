import { bootstrap, type Estimate } from './bootstrap.js'
import { meanAtK } from './mean-at-k.js'
import { passAtK } from './pass-at-k.js'
import type { QuestionCount } from './question-count.js'

/** What an evaluation saw of one question. */
export interface QuestionResult extends QuestionCount {
  /** Whether most of its samples agree on a right answer; null where no sample gave any. */
  readonly majority: number | null
  /** Completion tokens over all its samples. */
  readonly tokens: number
}

/** How well a policy answers a set of questions; intervals are 95%, over questions. */
export interface Evaluation {
  readonly prompts: number
  /** In all. */
  readonly samples: number
  readonly meanAtK: Estimate
  /** By k. */
  readonly passAtK: Readonly<Record<number, Estimate>>
  /** Of all samples of a question; null where the verifier gives no answers. */
  readonly majAtK: Estimate | null
  /** Length of a completion. @units tokens */
  readonly meanTokens: number
}

/**
 * Folds the questions' counts into one evaluation.
 *
 * @errors RangeError for counts that cannot be, or a k that a question has too few samples for
 */
export const evaluationOf = (results: readonly QuestionResult[], ks: readonly number[], seed: number): Evaluation => {
  const total = (part: (result: QuestionResult) => number) => results.reduce((sum, result) => sum + part(result), 0)
  const samples = total(({ n }) => n)
  return {
    prompts: results.length,
    samples,
    meanAtK: bootstrap(results.map(meanAtK), { seed }),
    passAtK: Object.fromEntries(
      ks.map(
        (k) =>
          [
            k,
            bootstrap(
              results.map((result) => passAtK(result, k)),
              { seed },
            ),
          ] as const,
      ),
    ),
    majAtK: results.every(({ majority }) => majority === null)
      ? null
      : bootstrap(
          results.map(({ majority }) => majority ?? 0),
          { seed },
        ),
    meanTokens: total(({ tokens }) => tokens) / samples,
  }
}
