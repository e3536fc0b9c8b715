import { map, type OperatorFunction, toArray } from 'rxjs'
import { type Evaluation, evaluationOf, type QuestionResult } from '../lib/evaluation/evaluation.js'
import { questionResult } from '../lib/evaluation/question-result.js'
import type { RewardedGroup } from '../lib/rollout/rollout-group.js'

export interface EvaluateOptions {
  /** The k of pass@k; each at most the completions of a prompt. */
  readonly ks: readonly number[]
  /** First part of every draw's key of the bootstrap intervals. */
  readonly seed?: number
}

/**
 * Folds judged groups into one evaluation when they end.
 *
 *     groups    a--b--c--|
 *     output    ---------(E|)
 *
 * A completion without a verdict counts as not correct. The order of the groups changes nothing.
 *
 * @errors RangeError for a k that a prompt has too few completions for
 */
export const evaluate =
  ({ ks, seed = 0 }: EvaluateOptions): OperatorFunction<RewardedGroup, Evaluation> =>
  (groups$) =>
    groups$.pipe(
      map(resultOf),
      toArray(),
      map((results) => evaluationOf(results.sort(inOrder), ks, seed)),
    )

interface PlacedResult extends QuestionResult {
  readonly step: number
  readonly index: number
}

const inOrder = (a: PlacedResult, b: PlacedResult): number => a.step - b.step || a.index - b.index

const resultOf = (group: RewardedGroup): PlacedResult => ({
  ...questionResult(group),
  step: group.step,
  index: group.index,
})
