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

/** An estimator as it is chosen by name. */
export interface EstimatorEntry {
  readonly create: () => Estimator
  readonly about: string
}

export const estimators = {
  reinforce: { create: reinforce, about: 'the reward itself' },
  raft: { create: raft, about: 'imitates what was right, and leaves out the rest' },
  'raft++': { create: raftPlusPlus, about: 'the reward where it is positive, otherwise 0' },
  psr: { create: psr, about: 'the reward where it is positive, otherwise 0' },
  nsr: { create: nsr, about: 'the reward where it is negative, otherwise 0' },
  'w-reinforce': { create: () => wReinforce(), about: 'the reward, a tenth of it where it is positive' },
  grpo: { create: () => grpo(), about: 'reward against the mean of its group, in standard deviations' },
  'dr-grpo': { create: drGrpo, about: 'reward against the mean of its group' },
  rloo: { create: rloo, about: 'reward against the mean of the others of its group' },
  'reinforce++': { create: reinforcePlusPlus, about: 'reward whitened over the tokens of the batch' },
  'reinforce++-baseline': {
    create: reinforcePlusPlusBaseline,
    about: 'reward against the mean of its group, whitened over the tokens of the batch',
  },
} as const satisfies Record<string, EstimatorEntry>

export type EstimatorName = keyof typeof estimators
