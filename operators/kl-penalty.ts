import { checkOption, nonNegative, positive } from '../lib/option.js'
import * as E from 'fp-ts/lib/Either.js'
import { concatMap, forkJoin, from, map, mergeMap, type Observable, of, type OperatorFunction, pipe } from 'rxjs'
import { batchOf } from '../lib/batch/batch-of.js'
import { forEachTokenOf } from '../lib/batch/tokens.js'
import { klFormIn, type KlOptions } from '../lib/objective/kl-forms.js'
import { checkLogprobs } from '../lib/policy/check-scores.js'
import type { Policy } from '../lib/policy/policy.js'
import type { Batch } from '../lib/rollout/batch.js'
import type { RewardedGroup } from '../lib/rollout/rollout-group.js'
import { collectGroups, type StepRange } from './collect-groups.js'
import { takeOne } from './take-one.js'

/** Policies of {@link klPenalty}: the policy that trains, and the reference policy. */
export interface KlPenaltyPorts {
  readonly policy: Pick<Policy, 'score'>
  readonly reference: Pick<Policy, 'score'>
}

/** Options of {@link klPenalty}. */
export interface KlPenaltyOptions extends KlOptions {
  /** Temperature of the log-probs of both policies [1]. */
  readonly scoreTemperature?: number
}

/**
 * Subtracts a KL penalty against a reference policy from every reward.
 *
 *     reward' = reward - klCoefficient sum_t KL( d_t )        d_t = logprob of the reference - logprob of the policy
 *
 *     groups             a---b---|             the groups of one step
 *     policy.score           -p||
 *     reference.score        --s||
 *     output             ------(AB|)
 *
 * Both policies are scored over the whole vocabulary at `scoreTemperature`, so the penalty is 0 where their weights are equal,
 * whatever the sampling settings and the number format of the rollouts are. The estimator is k1, because the expected gradient
 * of another one in the reward is not that of the KL divergence. `correct` is unchanged. Completions whose verifier failed are
 * passed on unchanged. The first step is `demand.firstStep`, and the demand is the one that {@link prompts} has.
 *
 * @units KL in nats
 * @errors RangeError for an estimator other than k1, unless `klAnyForm` is true; PipelineError BrokenInvariant when a policy
 *         completes without scores, scores at another temperature, or with log-probs that its port does not allow; every
 *         error of both policies
 * @example
 * groups$.pipe(reward(verifier), klPenalty({ policy, reference }, { klCoefficient: 1e-3 }, demand))
 */
export const klPenalty = (
  { policy, reference }: KlPenaltyPorts,
  { klCoefficient = 1e-3, scoreTemperature = 1, ...estimator }: KlPenaltyOptions,
  demand: StepRange,
): OperatorFunction<RewardedGroup, RewardedGroup> => {
  checkOption('klCoefficient', klCoefficient, nonNegative)
  checkOption('scoreTemperature', scoreTemperature, positive)
  const kl = klFormIn('reward', estimator).value
  const penaltiesOf = (batch: Batch, policy_BT: Float32Array, reference_BT: Float32Array): readonly number[] =>
    batch.responses.map((_, b) => {
      let sum = 0
      forEachTokenOf(batch, b, (place) => {
        sum += kl(reference_BT[place]! - policy_BT[place]!)
      })
      return klCoefficient * sum
    })
  const logprobsOf = (
    name: keyof KlPenaltyPorts,
    scorer: Pick<Policy, 'score'>,
    batch: Batch,
  ): Observable<Float32Array> =>
    from(scorer.score(batch, scoreTemperature)).pipe(
      takeOne(`scores of the ${name === 'policy' ? 'policy' : 'reference policy'}`, batch.step),
      map((scores) => checkLogprobs(scores, batch, { port: name, temperature: scoreTemperature })),
    )
  return pipe(
    collectGroups<RewardedGroup>(demand),
    concatMap((groups) => {
      const batch = batchOf(groups.map((group) => ({ ...group, advantages_G: group.rewards_G.map(() => 0) })))
      if (batch.responses.length === 0) return of(groups)
      return forkJoin([logprobsOf('policy', policy, batch), logprobsOf('reference', reference, batch)]).pipe(
        map(([policy_BT, reference_BT]) => penalise(groups, penaltiesOf(batch, policy_BT, reference_BT))),
      )
    }),
    mergeMap((groups) => groups),
  )
}

/** `penalties` has one number for each completion with a reward, in their order. */
const penalise = (groups: readonly RewardedGroup[], penalties: readonly number[]): readonly RewardedGroup[] => {
  const next = penalties.values()
  return groups.map((group) => ({
    ...group,
    rewards_G: group.rewards_G.map(E.map((reward) => ({ ...reward, value: reward.value - (next.next().value ?? 0) }))),
  }))
}
