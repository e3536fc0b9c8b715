import type { RegistryEntry } from '../registry.js'
import { drGrpo } from './dr-grpo.js'
import type { Estimator } from './estimator.js'
import { grpo } from './grpo.js'
import { nsr } from './nsr.js'
import { psr } from './psr.js'
import { raft } from './raft.js'
import { raftPlusPlus } from './raft-plus-plus.js'
import { reinforce } from './reinforce.js'
import { reinforcePlusPlus } from './reinforce-plus-plus.js'
import { reinforcePlusPlusBaseline } from './reinforce-plus-plus-baseline.js'
import { rloo } from './rloo.js'
import { wReinforce } from './w-reinforce.js'

/** Entry of the registry {@link estimators}: `create()` makes the estimator with its default options. */
export type EstimatorEntry = RegistryEntry<() => Estimator>

/**
 * Advantage estimators by name.
 *
 * @example
 * trainingPipeline({ estimator: estimators['dr-grpo'].create(), objective: ppoClip() })
 */
export const estimators = {
  reinforce: { create: reinforce, about: 'the reward itself, without a baseline', paper: 'Williams 1992' },
  raft: {
    create: raft,
    about: '1 for a response of positive reward; other responses are excluded from training',
    paper: 'arXiv:2304.06767',
  },
  'raft++': {
    create: raftPlusPlus,
    about: 'the positive part of the reward, for a clipped objective',
    paper: 'arXiv:2504.11343',
  },
  psr: { create: psr, about: 'the positive part of the reward', paper: 'arXiv:2506.01347' },
  nsr: { create: nsr, about: 'the negative part of the reward', paper: 'arXiv:2506.01347' },
  'w-reinforce': {
    create: () => wReinforce(),
    about: 'the reward, multiplied by 0.1 where it is positive',
    paper: 'arXiv:2506.01347',
  },
  grpo: {
    create: () => grpo(),
    about: 'reward minus the mean reward of its group, divided by the standard deviation of the group',
    paper: 'arXiv:2402.03300',
  },
  'dr-grpo': { create: drGrpo, about: 'reward minus the mean reward of its group', paper: 'arXiv:2503.20783' },
  rloo: {
    create: rloo,
    about: 'reward minus the mean reward of the other responses of its group',
    paper: 'arXiv:2402.14740',
  },
  'reinforce++': {
    create: reinforcePlusPlus,
    about: 'reward normalised to mean 0 and variance 1 over the tokens of the batch',
    paper: 'arXiv:2501.03262',
  },
  'reinforce++-baseline': {
    create: reinforcePlusPlusBaseline,
    about: 'reward minus the mean reward of its group, normalised over the tokens of the batch',
    paper: 'arXiv:2501.03262',
  },
} as const satisfies Record<string, EstimatorEntry>

/** Name of an estimator in the registry {@link estimators}. */
export type EstimatorName = keyof typeof estimators

export {
  drGrpo,
  grpo,
  nsr,
  psr,
  raft,
  raftPlusPlus,
  reinforce,
  reinforcePlusPlus,
  reinforcePlusPlusBaseline,
  rloo,
  wReinforce,
}
export type { GrpoOptions } from './grpo.js'
export type { WReinforceOptions } from './w-reinforce.js'
