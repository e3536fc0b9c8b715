import { checkOption, nonNegative, oneOf } from '../lib/option.js'
import * as E from 'fp-ts/lib/Either.js'
import { concatMap, from, map, mergeMap, of, type OperatorFunction, pipe } from 'rxjs'
import { batchOf } from '../lib/batch/batch-of.js'
import { klForms, type KlOptions } from '../lib/objective/kl-forms.js'
import { checkReference } from '../lib/policy/check-scores.js'
import type { Policy } from '../lib/policy/policy.js'
import type { Batch } from '../lib/rollout/batch.js'
import type { RewardedGroup } from '../lib/rollout/rollout-group.js'
import { collectGroups, type StepRange } from './collect-groups.js'
import { takeOne } from './take-one.js'

/**
 * Subtracts a KL penalty against a reference policy from every reward.
 *
 *     reward' = reward - klCoefficient sum_t KL( d_t )        d_t = logprob of the reference - logprob of the sampler
 *
 *     groups             a---b---|             the groups of one step
 *     reference.score        --s||
 *     output             ------(AB|)
 *
 * `correct` is unchanged. Completions whose verifier failed are passed on unchanged. The first step is `demand.firstStep`,
 * and the demand is the one that {@link prompts} has.
 *
 * @units KL in nats
 * @errors PipelineError BrokenInvariant when the reference completes without scores, or with log-probs that its port does
 *         not allow; every error of the reference
 * @example
 * groups$.pipe(reward(verifier), klPenalty(reference, { klCoefficient: 1e-3 }, demand))
 */
export const klPenalty = (
  reference: Pick<Policy, 'score'>,
  { klCoefficient = 1e-3, klForm = 'k1' }: KlOptions,
  demand: StepRange,
): OperatorFunction<RewardedGroup, RewardedGroup> => {
  checkOption('klCoefficient', klCoefficient, nonNegative)
  checkOption('klForm', klForm, oneOf(Object.keys(klForms)))
  const kl = klForms[klForm].value
  const penaltiesOf = ({ responses, width }: Batch, reference_BT: Float32Array): readonly number[] =>
    responses.map(
      ({ completion: { logprobs_T } }, b) =>
        klCoefficient * logprobs_T.reduce((sum, logprob, t) => sum + kl(reference_BT[b * width + t]! - logprob), 0),
    )
  return pipe(
    collectGroups<RewardedGroup>(demand),
    concatMap((groups) => {
      const batch = batchOf(groups.map((group) => ({ ...group, advantages_G: group.rewards_G.map(() => 0) })))
      if (batch.responses.length === 0) return of(groups)
      return from(reference.score(batch)).pipe(
        takeOne('scores of the reference policy', batch.step),
        map((scores) => penalise(groups, penaltiesOf(batch, checkReference(scores, batch).logprobs_BT))),
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
