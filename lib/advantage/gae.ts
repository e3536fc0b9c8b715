import { checkOptions, fraction } from '../option.js'

/** Rewards and a critic's values at every token of one response. @shape rewards_T, values_T [T] */
export interface ValuedResponse {
  readonly rewards_T: readonly number[]
  readonly values_T: readonly number[]
}

/** Options of {@link gae}. */
export interface GaeOptions {
  /** Discount of later rewards, in [0, 1]. */
  readonly gamma?: number
  /** Weight of longer returns, in [0, 1]: 0 takes one step and the critic's value, 1 takes the whole return. */
  readonly lambda?: number
}

/** Advantages and returns at every token of one response. @shape advantages_T, returns_T [T] */
export interface GaeResult {
  readonly advantages_T: readonly number[]
  /** Targets that the critic is trained on. */
  readonly returns_T: readonly number[]
}

/**
 * Generalised advantage estimation over the tokens of one response, for custom pipelines that have a critic.
 *
 *     delta_t = r_t + gamma V_{t+1} - V_t        V = 0 after the last token
 *     A_t     = delta_t + gamma lambda A_{t+1}
 *     R_t     = A_t + V_t                        target of the critic
 *
 * @shape  rewards_T, values_T [T]  ->  advantages_T, returns_T [T]
 * @units  reward
 * @errors RangeError if `rewards_T` and `values_T` differ in length, or if `gamma` or `lambda` is outside [0, 1]
 * @source Schulman et al., arXiv:1506.02438
 * @example
 * gae({ rewards_T: [0, 1], values_T: [0.5, 0.5] }) // advantages_T: [0.5, 0.5], returns_T: [1, 1]
 */
export const gae = ({ rewards_T, values_T }: ValuedResponse, { gamma = 1, lambda = 1 }: GaeOptions = {}): GaeResult => {
  checkOptions({ gamma, lambda }, { gamma: fraction, lambda: fraction })
  if (rewards_T.length !== values_T.length)
    throw new RangeError(`values_T: found ${values_T.length}, expected ${rewards_T.length}, one per reward`)
  const advantages_T = new Array<number>(rewards_T.length)
  let next = 0
  for (let t = rewards_T.length - 1; t >= 0; t--) {
    const delta = rewards_T[t]! + gamma * (values_T[t + 1] ?? 0) - values_T[t]!
    next = delta + gamma * lambda * next
    advantages_T[t] = next
  }
  return { advantages_T, returns_T: advantages_T.map((advantage, t) => advantage + values_T[t]!) }
}
