import type { Drift } from '../../rollout/band.js'
import type { Filter } from '../filter.js'
import { everything } from './everything.js'

const swapAdvantage = (drift: Drift, reward: number, advantage: number): number => {
  if (Number.isNaN(advantage)) return advantage
  if (drift < 0) return Math.min(reward, 0)
  if (drift > 0) return Math.max(reward, 0)
  return advantage
}

/**
 * Filter of Entrocraft's released code: outside the band it replaces the advantages, and it rejects nothing.
 *
 *     below the band    A = min(r, 0)     negative-sample reinforcement
 *     above the band    A = max(r, 0)     RAFT++
 *     inside            A as estimated
 *
 * It differs from Algorithm 1 (`sign`) in two ways. Responses of the other sign have an advantage of 0 but keep their
 * tokens in the mean, so a corrective step is smaller. The responses of a degenerate group take their raw reward, where
 * Algorithm 1 sees A = 0. Responses that the estimator excluded stay excluded. Needs signed rewards.
 *
 * @shape  advantages_B [B]  ->  [B]
 * @units  reward
 * @source lblaoke/entrocraft
 * @example
 * trainingPipeline({ estimator: grpo(), objective: ppoClip(), filter: estimatorSwap() })
 */
export const estimatorSwap = (): Filter => ({
  name: 'estimator-swap',
  rewards: 'signed',
  admit: (state, batch) =>
    everything().admit(state, {
      ...batch,
      advantages_B: batch.advantages_B.map((advantage, b) =>
        swapAdvantage(state.drift, batch.responses[b]!.reward.value, advantage),
      ),
    }),
})
