/** What {@link gae} reads: rewards and a critic's values at every token of one response, [T]. */
export interface ValuedResponse {
  readonly rewards_T: readonly number[]
  readonly values_T: readonly number[]
}

/**
 * Generalised advantage estimation over the tokens of one response, for a pipeline of one's own that has a critic.
 *
 *     delta_t = r_t + gamma V_{t+1} - V_t        V = 0 after the end
 *     A_t     = delta_t + gamma lambda A_{t+1}
 *     R_t     = A_t + V_t                        what the critic is trained on
 *
 * @shape  rewards_T, values_T [T]  ->  advantages_T, returns_T [T]
 * @errors RangeError where the two differ in length
 * @source Schulman et al., arXiv:1506.02438
 */
export const gae = (
  { rewards_T, values_T }: ValuedResponse,
  { gamma = 1, lambda = 1 }: { readonly gamma?: number; readonly lambda?: number } = {},
): { readonly advantages_T: readonly number[]; readonly returns_T: readonly number[] } => {
  if (rewards_T.length !== values_T.length)
    throw new RangeError(`values_T: found ${values_T.length}, expected ${rewards_T.length}, one per reward`)
  const advantages_T = new Array<number>(rewards_T.length)
  let after = 0
  for (let t = rewards_T.length - 1; t >= 0; t--) {
    const delta = rewards_T[t]! + gamma * (values_T[t + 1] ?? 0) - values_T[t]!
    after = delta + gamma * lambda * after
    advantages_T[t] = after
  }
  return { advantages_T, returns_T: advantages_T.map((advantage, t) => advantage + values_T[t]!) }
}
