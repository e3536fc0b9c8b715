import * as E from 'fp-ts/lib/Either.js'
import { map, mergeMap, type OperatorFunction, pipe } from 'rxjs'
import type { Advantages, BatchEstimator, Estimator, GroupEstimator, GroupRewards } from '../lib/advantage/estimator.js'
import { PipelineError } from '../lib/pipeline-error.js'
import type { AdvantagedGroup, RewardedGroup } from '../lib/rollout/rollout-group.js'
import { collectGroups, type StepRange } from './collect-groups.js'

/**
 * Adds an advantage to every completion. It is NaN when the verifier failed and when the estimator excludes the
 * completion from training.
 *
 *     groups             a---b---|
 *     scope group        A---B---|
 *     scope batch        ----(AB)|     a and b are the groups of one step: rewards are compared over the whole batch
 *
 * An estimator of scope `batch` needs the demand that {@link prompts} has, because it waits for all groups of a step, and
 * the first step is `demand.firstStep`.
 *
 * @shape rewards_G [G] -> advantages_G [G]
 * @errors RangeError when an estimator of scope `batch` gets no demand; PipelineError BrokenInvariant when the estimator returns
 *         a number of advantages other than the number of rewards, or an advantage that is not finite; every error that the
 *         estimator throws
 * @example
 * groups$.pipe(reward(verifier), advantage(grpo()))
 */
export const advantage: {
  (estimator: GroupEstimator, demand?: StepRange): OperatorFunction<RewardedGroup, AdvantagedGroup>
  (estimator: Estimator, demand: StepRange): OperatorFunction<RewardedGroup, AdvantagedGroup>
} = (estimator: Estimator, demand?: StepRange) =>
  estimator.scope === 'group'
    ? map((group: RewardedGroup) => withAdvantages(estimator, group, withinGroup(estimator, groupRewardsOf(group))))
    : pipe(
        // The types require the demand here. `collectGroups` throws if a program in plain JavaScript leaves it out.
        collectGroups<RewardedGroup>(demand as StepRange),
        mergeMap((groups) => {
          const advantages = overBatch(estimator, groups.map(groupRewardsOf))
          return groups.map((group, p) => withAdvantages(estimator, group, advantages[p]!))
        }),
      )

const groupRewardsOf = ({ completions, rewards_G }: RewardedGroup): GroupRewards => {
  const [values, lengths]: [number[], number[]] = [[], []]
  rewards_G.forEach((verdict, g) => {
    if (E.isLeft(verdict)) return
    values.push(verdict.right.value)
    lengths.push(completions[g]!.tokens.length)
  })
  return { rewards_G: values, tokens_G: lengths }
}

const withinGroup = (estimator: GroupEstimator, { rewards_G }: GroupRewards): Advantages =>
  rewards_G.length === 0 ? [] : estimator.advantages(rewards_G)

const overBatch = (estimator: BatchEstimator, groups: readonly GroupRewards[]): readonly Advantages[] => {
  const advantages = estimator.advantages(groups)
  if (advantages.length !== groups.length)
    throw badAdvantages(estimator, `advantages of ${advantages.length} groups for ${groups.length} groups`)
  return advantages
}

const withAdvantages = (estimator: Estimator, group: RewardedGroup, advantages: Advantages): AdvantagedGroup => {
  let verdicts = 0
  const advantages_G = group.rewards_G.map((verdict) => (E.isRight(verdict) ? (advantages[verdicts++] ?? NaN) : NaN))
  if (advantages.length !== verdicts)
    throw badAdvantages(estimator, `${advantages.length} advantages for ${verdicts} rewards`)
  const bad = advantages.find((value) => value !== null && !Number.isFinite(value))
  if (bad !== undefined) throw badAdvantages(estimator, `an advantage of ${bad}`)
  return { ...group, advantages_G }
}

const badAdvantages = ({ name }: Estimator, found: string): PipelineError =>
  new PipelineError(
    'BrokenInvariant',
    `estimator ${name} returned ${found}, expected one finite number, or null, for each reward`,
  )
