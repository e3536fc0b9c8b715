import { raftPlusPlus } from '../../lib/advantage/raft-plus-plus.js'
import { ppoClip } from '../../lib/objective/ppo-clip.js'
import { clipDefaults } from '../algorithm-options.js'
import { algorithm } from '../algorithm.js'

/**
 * RAFT++: RAFT with importance ratio and PPO-clip.
 *
 *     A    = max(r, 0)
 *     loss = -min( ratio A, clip(ratio, 0.8, 1.2) A )
 *
 * Paper: arXiv:2504.11343. Predicted: entropy falls (Entrocraft, section 4). Needs signed rewards.
 */
export const raftPlusPlusAlgorithm = algorithm({
  about: 'RAFT with importance ratio and PPO-clip',
  paper: 'arXiv:2504.11343',
  found: { fall: 0.4, inside: 0.96 },
  defaults: clipDefaults,
  stages: (options) => ({ estimator: raftPlusPlus(), objective: ppoClip(options) }),
})
