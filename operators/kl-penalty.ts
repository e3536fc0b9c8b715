import * as E from 'fp-ts/lib/Either.js'
import { concatMap, from, type OperatorFunction, pipe, take, throwIfEmpty } from 'rxjs'
import { klForms, type KlOptions } from '../lib/objective/kl-forms.js'
import { PipelineError } from '../lib/pipeline-error.js'
import type { Policy } from '../lib/policy/policy.js'
import { batchOf } from '../lib/batch/batch-of.js'
import type { Batch } from '../lib/rollout/batch.js'
import type { RewardedGroup } from '../lib/rollout/rollout-group.js'
import { type FirstStep, collectGroups } from './collect-groups.js'

/**
 * Takes the KL divergence to a reference policy off every reward:
 *
 *     reward - klCoefficient sum_t KL_t        of d_t = reference logprob - sampler's logprob
 *
 *     groups             a---b---|             a and b of one batch
 *     reference.score        --s||
 *     output             ------(AB|)
 *
 * What is correct stays correct; completions without a verdict stay without.
 *
 * @errors PipelineError BrokenInvariant when the reference ends without scores; whatever it fails with
 */
export const klPenalty = (
  reference: Pick<Policy, 'score'>,
  { klCoefficient = 1e-3, klForm = 'k1' }: KlOptions = {},
  numbers: FirstStep = { firstStep: 0 },
): OperatorFunction<RewardedGroup, RewardedGroup> => {
  const penaltiesOf = ({ responses, width }: Batch, reference_BT: Float32Array): readonly number[] =>
    responses.map(({ completion: { logprobs_T } }, b) =>
      logprobs_T.reduce((sum, logprob, t) => sum + klForms[klForm].value(reference_BT[b * width + t]! - logprob), 0),
    )
  return pipe(
    collectGroups<RewardedGroup>(numbers),
    concatMap((groups) => {
      const batch = batchOf(groups.map((group) => ({ ...group, advantages_G: group.rewards_G.map(() => 0) })))
      if (batch.responses.length === 0) return from(groups)
      return from(reference.score(batch)).pipe(
        take(1),
        throwIfEmpty(
          () => new PipelineError('BrokenInvariant', `the reference gave no scores for batch ${batch.step}`),
        ),
        concatMap(({ logprobs_BT }) => penalised(groups, penaltiesOf(batch, logprobs_BT), klCoefficient)),
      )
    }),
  )
}

/** The penalties stand in the order of the judged completions. */
const penalised = (
  groups: readonly RewardedGroup[],
  penalties: readonly number[],
  coefficient: number,
): RewardedGroup[] => {
  const next = penalties.values()
  return groups.map((group) => ({
    ...group,
    rewards_G: group.rewards_G.map(
      E.map((reward) => ({ ...reward, value: reward.value - coefficient * (next.next().value ?? 0) })),
    ),
  }))
}
