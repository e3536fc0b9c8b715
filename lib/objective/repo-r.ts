import { checked, finite } from '../option.js'
import { add, less, maximum, minimum, mul, scalar, select, stopGradient, sub } from '../compute/operation/index.js'
import type { Objective } from './objective.js'
import { type ClipOptions, ppoClip } from './ppo-clip.js'

/** Options of {@link repoR}. */
export interface RepoROptions extends ClipOptions {
  /** Strength of the rescaling, unless a controller sets it; 0 turns it off. @units 1 / nats */
  readonly zeta?: number
}

/**
 * Objective REPO-R: PPO-clip on advantages that the log-prob of each token rescales. Unlikely tokens of positive advantage
 * weigh more, and unlikely tokens of negative advantage weigh less.
 *
 *     A > 0:  A' = max( 0, A (1 - zeta sg logprob) )
 *     A < 0:  A' = min( 0, A (1 + zeta sg logprob) )        sg: stop gradient
 *
 * A negative zeta does the opposite. The controller `repo-r` sets zeta by the entropy.
 *
 * @shape  [B, T]  ->  [B, T]
 * @errors RangeError if the options of the batch use are invalid, see {@link batchUse}
 * @source REPO-R, arXiv:2603.11682
 * @example
 * trainingPipeline({ estimator: grpo(), objective: repoR(), controller: repoRController() })
 */
export const repoR = ({ zeta = 0, ...options }: RepoROptions = {}): Objective => {
  const base = ppoClip({ ...options, dualClip: null })
  return {
    ...base,
    name: 'repo-r',
    scalars: { ...base.scalars, ...checked({ zeta }, { zeta: finite }) },
    loss: (inputs) => {
      const { advantages_BT, logprobs_BT } = inputs
      const shift = mul(inputs.scalar('zeta'), stopGradient(logprobs_BT))
      const positive = maximum(mul(advantages_BT, sub(scalar(1), shift)), scalar(0))
      const negative = minimum(mul(advantages_BT, add(scalar(1), shift)), scalar(0))
      return base.loss({ ...inputs, advantages_BT: select(less(advantages_BT, scalar(0)), negative, positive) })
    },
  }
}
