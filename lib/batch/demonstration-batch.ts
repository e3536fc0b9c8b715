import type { FilteredBatch, Response } from '../rollout/batch.js'
import type { Demonstration } from '../rollout/demonstration.js'

/**
 * Batch of demonstrations for a learner: every token trains, with advantage 1.
 *
 * Nothing was sampled or measured, so log-probs and scores are 0. Use an objective that does not read them, such as
 * {@link supervised}.
 *
 * @shape demonstrations [B], at least one; the matrices of the batch are [B, T], T the longest demonstration
 */
export const demonstrationBatch = (step: number, demonstrations: readonly Demonstration[]): FilteredBatch => {
  const width = Math.max(...demonstrations.map(({ tokens }) => tokens.length))
  const zeros = new Float32Array(demonstrations.length * width)
  const mask_BT = new Uint8Array(zeros.length)
  demonstrations.forEach(({ tokens }, row) => mask_BT.fill(1, row * width, row * width + tokens.length))
  return {
    step,
    width,
    responses: demonstrations.map(responseOf),
    advantages_B: new Float32Array(demonstrations.length).fill(1),
    failures: [],
    zeroVarianceGroups: 0,
    discardedGroups: 0,
    scores: { version: 0, method: 'sampled', logprobs_BT: zeros, entropy_BT: zeros },
    state: {
      step,
      entropy: Number.NaN,
      scoreMethod: 'sampled',
      entropyError: null,
      band: { low: 0, high: 0 },
      nextBand: { low: 0, high: 0 },
      steered: null,
      drift: 0,
      measuredChange: null,
      predictedChange: Number.NaN,
    },
    mask_BT,
    accepted_B: demonstrations.map(() => true),
  }
}

const responseOf = ({ prompt, text, tokens }: Demonstration, group: number): Response => ({
  prompt,
  group,
  reward: { value: 1, correct: true },
  completion: {
    tokens: Int32Array.from(tokens),
    logprobs_T: new Float32Array(tokens.length),
    text,
    finish: 'stop',
    version: 0,
  },
})
