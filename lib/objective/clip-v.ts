import { deviation } from './deviation.js'
import { trainedPlaces } from './minibatch.js'
import type { Objective } from './objective.js'
import { type ClipOptions, ppoClip } from './ppo-clip.js'
import { marksAt, withoutMarked } from './without-marked.js'

/** Options of {@link clipV}. */
export interface ClipVOptions extends ClipOptions {
  /** How large D has to be. @units standard deviations */
  readonly mu?: number
  /** Most tokens that are taken, as a share of the trained ones; at least one. */
  readonly maxShare?: number
}

/**
 * PPO-clip that takes the gradient of the wrong tokens that would sharpen the policy most:
 *
 *     loss = 0 where A < 0 and D > mu std D        D = E_p[S] - S,  S = p (H + log p) of the sampled token
 *     at most max(1, floor(maxShare N)) of N trained tokens, those of largest D
 *
 * The standard deviation (n) runs over the trained tokens of the minibatch. Such tokens stay in the averages.
 *
 * @shape  [B, T] -> [B, T]
 * @source Clip-V, arXiv:2602.03392
 */
export const clipV = ({ mu = 2, maxShare = 1e-4, ...options }: ClipVOptions = {}): Objective =>
  withoutMarked('clip-v', ppoClip({ ...options, dualClip: null }), (minibatch) => {
    const { batch, scores } = minibatch
    const tokens = trainedPlaces(minibatch).map((place) => ({
      place,
      wrong: batch.advantages_B[Math.floor(place / batch.width)]! < 0,
      d: scores.expectedS_BT[place]! - scores.s_BT[place]!,
    }))
    const { std } = deviation(tokens.map(({ d }) => d))
    const worst = tokens
      .filter(({ wrong, d }) => wrong && d > mu * std)
      .sort((a, b) => b.d - a.d)
      .slice(0, Math.max(1, Math.floor(maxShare * tokens.length)))
    return marksAt(
      minibatch,
      worst.map(({ place }) => place),
    )
  })
