import type { GroupEstimator } from './estimator.js'
import { psr } from './psr.js'

/**
 * Estimator RAFT++: RAFT for a clipped policy gradient.
 *
 *     A = max(r, 0)
 *
 * Incorrect responses have no gradient, but they count in the averages of the loss; RAFT excludes them. The formula is
 * that of PSR, which comes from another paper.
 *
 * @shape  rewards_G [G]  ->  [G]
 * @units  reward
 * @source RAFT++, arXiv:2504.11343
 * @example
 * raftPlusPlus().advantages([1, -1]) // [1, 0]
 */
export const raftPlusPlus = (): GroupEstimator => ({ ...psr(), name: 'raft++' })
