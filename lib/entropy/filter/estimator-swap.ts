import type { Drift } from '../../rollout/band.js'
import type { Filter } from '../filter.js'
import { everything } from './everything.js'

const swapped = (drift: Drift, reward: number, advantage: number): number => {
  if (Number.isNaN(advantage)) return advantage
  if (drift < 0) return Math.min(reward, 0)
  if (drift > 0) return Math.max(reward, 0)
  return advantage
}

/**
 * What the paper's released code does instead of Algorithm 1: it swaps the advantage and rejects nothing.
 *
 *     below the band    A = min(r, 0)     negative-sample learning
 *     above the band    A = max(r, 0)     RAFT++
 *     inside            A as estimated
 *
 * The others' advantage is zero but their tokens stay in the mean, so a corrective step is smaller than that of `sign`.
 * A group that is all right or all wrong gets its raw reward where Algorithm 1 sees A = 0. What the estimator excluded
 * stays out. Needs signed rewards.
 *
 * @source lblaoke/entrocraft
 */
export const estimatorSwap = (): Filter => ({
  name: 'estimator-swap',
  rewards: 'signed',
  admit: (state, batch) =>
    everything().admit(state, {
      ...batch,
      advantages_B: batch.advantages_B.map((advantage, b) =>
        swapped(state.drift, batch.responses[b]!.reward.value, advantage),
      ),
    }),
})
