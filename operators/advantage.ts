import * as E from 'fp-ts/lib/Either.js'
import { map, mergeMap, type OperatorFunction, pipe } from 'rxjs'
import type { Advantages, BatchEstimator, Estimator, GroupEstimator, JudgedGroup } from '../lib/advantage/estimator.js'
import { PipelineError } from '../lib/pipeline-error.js'
import type { AdvantagedGroup, RewardedGroup } from '../lib/rollout/rollout-group.js'
import { type FirstStep, collectGroups } from './collect-groups.js'

/**
 * Adds an advantage to every completion, NaN where there is no verdict and where the estimator excludes it.
 *
 *     groups             a---b---|
 *     scope group        A---B---|
 *     scope batch        ----(AB)|     a and b of one batch: it is compared as a whole
 *
 * @errors PipelineError BrokenInvariant when the estimator returns another number of advantages than it got rewards,
 *         or one that is no finite number; whatever it throws
 */
export const advantage = (
  estimator: Estimator,
  from: FirstStep = { firstStep: 0 },
): OperatorFunction<RewardedGroup, AdvantagedGroup> =>
  estimator.scope === 'group'
    ? map((group) => withAdvantages(estimator, group, ofGroup(estimator, judged(group))))
    : pipe(
        collectGroups<RewardedGroup>(from),
        mergeMap((groups) => {
          const advantages = ofBatch(estimator, groups.map(judged))
          return groups.map((group, p) => withAdvantages(estimator, group, advantages[p]!))
        }),
      )

const judged = ({ completions, rewards_G }: RewardedGroup): JudgedGroup => {
  const verdicts = rewards_G.flatMap((verdict, g) =>
    E.isRight(verdict) ? [{ value: verdict.right.value, tokens: completions[g]!.tokens.length }] : [],
  )
  return { rewards_G: verdicts.map(({ value }) => value), tokens_G: verdicts.map(({ tokens }) => tokens) }
}

const ofGroup = (estimator: GroupEstimator, { rewards_G }: JudgedGroup): Advantages =>
  rewards_G.length === 0 ? [] : estimator.advantages(rewards_G)

const ofBatch = (estimator: BatchEstimator, groups: readonly JudgedGroup[]): readonly Advantages[] => {
  const advantages = estimator.advantages(groups)
  if (advantages.length !== groups.length)
    throw broken(estimator, `advantages of ${advantages.length} groups for ${groups.length} groups`)
  return advantages
}

const withAdvantages = (estimator: Estimator, group: RewardedGroup, advantages: Advantages): AdvantagedGroup => {
  const verdicts = group.rewards_G.filter(E.isRight).length
  if (advantages.length !== verdicts) throw broken(estimator, `${advantages.length} advantages for ${verdicts} rewards`)
  const bad = advantages.find((value) => value !== null && !Number.isFinite(value))
  if (bad !== undefined) throw broken(estimator, `an advantage of ${bad}`)
  const next = advantages.values()
  return {
    ...group,
    advantages_G: group.rewards_G.map((verdict) => (E.isRight(verdict) ? (next.next().value ?? NaN) : NaN)),
  }
}

const broken = ({ name }: Estimator, what: string): PipelineError =>
  new PipelineError('BrokenInvariant', `estimator ${name} returned ${what}`)
