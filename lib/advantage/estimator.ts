import type { RewardScale } from '../rollout/reward.js'

interface NamedEstimator {
  /** Name of the estimator, as in its registry and in error messages. */
  readonly name: string
  /** Scale of reward that the estimator needs: `signed` if it separates responses by the sign of their reward. */
  readonly rewards: RewardScale | 'any'
}

/** Advantage of every response, in the order of the rewards; null excludes the response from training. */
export type Advantages = readonly (number | null)[]

/**
 * Advantage estimator that compares the responses of one prompt with each other. Pure.
 *
 * @shape rewards_G [G]  ->  [G]
 */
export interface GroupEstimator extends NamedEstimator {
  readonly scope: 'group'
  /** Returns one advantage for each reward of the group. */
  readonly advantages: (rewards_G: readonly number[]) => Advantages
}

/**
 * Rewards and lengths of the responses of one prompt.
 *
 * @shape rewards_G [G], tokens_G [G]
 * @units tokens_G in tokens
 */
export interface GroupRewards {
  readonly rewards_G: readonly number[]
  readonly tokens_G: readonly number[]
}

/**
 * Advantage estimator that compares the responses of a whole batch. Pure.
 *
 * @shape groups_P [P]  ->  one list of advantages per group
 */
export interface BatchEstimator extends NamedEstimator {
  readonly scope: 'batch'
  /** Returns one list per group, with one advantage for each reward of the group. */
  readonly advantages: (groups_P: readonly GroupRewards[]) => readonly Advantages[]
}

/** Advantage estimator: turns the outcome rewards of responses into one advantage per response. Pure. */
export type Estimator = GroupEstimator | BatchEstimator
