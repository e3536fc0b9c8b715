import { add, less, maximum, minimum, mul, scalar, select, stopGradient, sub } from '../compute/operation/index.js'
import type { Objective } from './objective.js'
import { type ClipOptions, ppoClip } from './ppo-clip.js'

/** Options of {@link repoR}. */
export interface RepoROptions extends ClipOptions {
  /** Strength, where no controller sets it. @units 1 / nats */
  readonly zeta?: number
}

/**
 * PPO-clip on advantages that the log-prob of their token rescales, so that unlikely right tokens weigh more and
 * unlikely wrong ones less:
 *
 *     A > 0:  A' = max( 0, A (1 - zeta sg logprob) )
 *     A < 0:  A' = min( 0, A (1 + zeta sg logprob) )
 *
 * A negative zeta does the opposite. The controller of the same name sets it by the entropy.
 *
 * @shape  [B, T] -> [B, T]
 * @source REPO-R, arXiv:2603.11682
 */
export const repoR = ({ zeta = 0, ...options }: RepoROptions = {}): Objective => {
  const base = ppoClip({ ...options, dualClip: null })
  return {
    ...base,
    name: 'repo-r',
    scalars: { ...base.scalars, zeta },
    loss: (inputs) => {
      const { advantages_BT, logprobs_BT } = inputs
      const shift = mul(inputs.scalar('zeta'), stopGradient(logprobs_BT))
      const right = maximum(mul(advantages_BT, sub(scalar(1), shift)), scalar(0))
      const wrong = minimum(mul(advantages_BT, add(scalar(1), shift)), scalar(0))
      return base.loss({ ...inputs, advantages_BT: select(less(advantages_BT, scalar(0)), wrong, right) })
    },
  }
}
