import * as E from 'fp-ts/lib/Either.js'
import { map, mergeMap, type OperatorFunction, pipe } from 'rxjs'
import type { Estimator } from '../lib/advantage/estimator.js'
import { PipelineError } from '../lib/pipeline-error.js'
import type { AdvantagedGroup, RewardedGroup } from '../lib/rollout/rollout-group.js'
import { type BatchNumbers, collectGroups } from './collect-groups.js'

/**
 * Adds an advantage to every completion, NaN where there is no verdict.
 *
 *     groups             a---b---|
 *     scope group        A---B---|
 *     scope batch        ----(AB)|     a and b of one batch: it is compared as a whole
 *
 * @errors PipelineError BrokenInvariant when the estimator returns another number of advantages than it got rewards;
 *         whatever it throws
 */
export const advantage = (
  estimator: Estimator,
  from: BatchNumbers = { firstBatch: 0 },
): OperatorFunction<RewardedGroup, AdvantagedGroup> =>
  estimator.scope === 'group'
    ? map((group) => estimated(estimator, [group])[0]!)
    : pipe(
        collectGroups<RewardedGroup>(from),
        mergeMap((groups) => estimated(estimator, groups)),
      )

/** The groups with their advantages, all compared with each other. */
const estimated = (estimator: Estimator, groups: readonly RewardedGroup[]): AdvantagedGroup[] => {
  const verdicts = groups.flatMap(({ rewards_G }) => rewards_G)
  const rewards = verdicts.flatMap((verdict) => (E.isRight(verdict) ? [verdict.right.value] : []))
  const advantages = rewards.length === 0 ? [] : estimator.advantages(rewards)
  if (advantages.length !== rewards.length)
    throw new PipelineError(
      'BrokenInvariant',
      `estimator ${estimator.name} returned ${advantages.length} advantages for ${rewards.length} rewards`,
    )
  const next = advantages.values()
  return groups.map((group) => ({
    ...group,
    advantages_G: group.rewards_G.map((verdict) => (E.isRight(verdict) ? (next.next().value ?? NaN) : NaN)),
  }))
}
