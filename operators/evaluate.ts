import * as A from 'fp-ts/lib/Array.js'
import * as E from 'fp-ts/lib/Either.js'
import { defer, map, type OperatorFunction, tap, toArray } from 'rxjs'
import { type Evaluation, evaluationOf, type QuestionResult } from '../lib/evaluation/evaluation.js'
import { questionResult } from '../lib/evaluation/question-result.js'
import { checkOption, integerFrom } from '../lib/option.js'
import { type FailureKind, failureKinds, noVerdict } from '../lib/report/failure-kinds.js'
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
 * @errors RangeError when a k is no integer >= 1, or exceeds the number of completions of a prompt; PipelineError NoVerdict
 *         when the verifier failed on every completion
 * @example
 * groups$.pipe(reward(verifier), evaluate({ ks: [1, 8] })).subscribe(({ meanAtK }) => console.log(meanAtK.value))
 */
export const evaluate = ({ ks, seed = 0 }: EvaluateOptions): OperatorFunction<RewardedGroup, Evaluation> => {
  checkKs(ks)
  checkOption('seed', seed, integerFrom(0))
  return (groups$) =>
    defer(() => {
      let hasVerdict = false
      let failures: readonly FailureKind[] = []
      return groups$.pipe(
        tap(({ rewards_G }) => {
          hasVerdict ||= rewards_G.some(E.isRight)
          failures = failureKinds(A.lefts([...rewards_G]), failures)
        }),
        map(resultOf),
        toArray(),
        map((results) => {
          if (!hasVerdict && failures.length > 0) throw noVerdict(failures)
          return evaluationOf(results.sort(byStepAndIndex), ks, seed)
        }),
      )
    })
}

/** Checks the values of k for pass@k. @errors RangeError for a value that is no integer from 1 to `most` */
export const checkKs = (ks: readonly number[], most = Infinity): void =>
  ks.forEach((k, i) => {
    checkOption(`ks[${i}]`, k, integerFrom(1))
    if (k > most) throw new RangeError(`ks[${i}]: found ${k}, expected at most ${most}, the samples of a prompt`)
  })

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
