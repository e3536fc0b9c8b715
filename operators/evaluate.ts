import { map, type OperatorFunction, toArray } from 'rxjs'
import { type Evaluation, evaluationOf, type QuestionResult } from '../lib/evaluation/evaluation.js'
import { questionResult } from '../lib/evaluation/question-result.js'
import type { RewardedGroup } from '../lib/rollout/rollout-group.js'

/** Options of {@link evaluate}. */
export interface EvaluateOptions {
  /** Values of k for pass@k; each is at most the number of completions of a prompt. */
  readonly ks: readonly number[]
  /** Seed of the bootstrap intervals. Default 0. */
  readonly seed?: number
}

/**
 * Reduces all judged groups to one evaluation when they end.
 *
 *     groups    a--b--c--|
 *     output    ---------(E|)
 *
 * A completion whose verifier failed counts as not correct. The order of the groups does not change the result.
 *
 * @errors RangeError when a k exceeds the number of completions of a prompt
 * @example
 * groups$.pipe(reward(verifier), evaluate({ ks: [1, 8] })).subscribe(({ meanAtK }) => console.log(meanAtK.value))
 */
export const evaluate =
  ({ ks, seed = 0 }: EvaluateOptions): OperatorFunction<RewardedGroup, Evaluation> =>
  (groups$) =>
    groups$.pipe(
      map(resultOf),
      toArray(),
      map((results) => evaluationOf(results.sort(byStepAndIndex), ks, seed)),
    )

interface OrderedResult extends QuestionResult {
  readonly step: number
  readonly index: number
}

const byStepAndIndex = (a: OrderedResult, b: OrderedResult): number => a.step - b.step || a.index - b.index

const resultOf = (group: RewardedGroup): OrderedResult => ({
  ...questionResult(group),
  step: group.step,
  index: group.index,
})
