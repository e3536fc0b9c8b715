import type { GroupEstimator } from './estimator.js'
import { psr } from './psr.js'

/**
 * RAFT for a clipped policy gradient: wrong answers stay in the averages, without a gradient. The same advantage as that
 * of PSR, found on another way.
 *
 *     A = max(r, 0)
 *
 * @shape  rewards_G [G]  ->  [G]
 * @source RAFT++, arXiv:2504.11343
 */
export const raftPlusPlus = (): GroupEstimator => ({ ...psr(), name: 'raft++' })
