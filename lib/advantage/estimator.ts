import type { RewardScale } from '../rollout/reward.js'

interface Named {
  readonly name: string
  /** The scale of reward it needs: `signed` where it splits responses by the sign of their reward. */
  readonly rewards: RewardScale | 'any'
}

/** Advantage of every response, in the order of the rewards; null excludes it from training. */
export type Advantages = readonly (number | null)[]

/**
 * Compares the responses of one prompt.
 *
 * @shape rewards_G [G]  ->  [G]
 */
export interface GroupEstimator extends Named {
  readonly scope: 'group'
  readonly advantages: (rewards_G: readonly number[]) => Advantages
}

/** The judged responses of one prompt. @shape rewards_G [G], tokens_G [G]; lengths in tokens */
export interface JudgedGroup {
  readonly rewards_G: readonly number[]
  readonly tokens_G: readonly number[]
}

/**
 * Compares the responses of a whole batch, whose groups it may tell apart.
 *
 * @shape groups_P [P]  ->  one list of advantages per group
 */
export interface BatchEstimator extends Named {
  readonly scope: 'batch'
  readonly advantages: (groups_P: readonly JudgedGroup[]) => readonly Advantages[]
}

/** Turns rewards into advantages: one number per response, for outcome rewards. Pure. */
export type Estimator = GroupEstimator | BatchEstimator
