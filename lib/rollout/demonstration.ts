import type { FilteredBatch } from './batch.js'
import type { Prompt } from './prompt.js'

/** A prompt with a response to imitate. @shape tokens [T], the stop token last */
export interface Demonstration {
  readonly prompt: Prompt
  readonly text: string
  readonly tokens: readonly number[]
}

/**
 * Demonstrations as a batch that a learner takes: every token trains, with advantage 1.
 *
 * Nothing was sampled or measured, so log-probs and scores are zero; an objective that reads them does not fit.
 */
export const demonstrationBatch = (batch: number, demonstrations: readonly Demonstration[]): FilteredBatch => {
  const width = Math.max(...demonstrations.map(({ tokens }) => tokens.length))
  const zeros = new Float32Array(demonstrations.length * width)
  const mask_BT = new Uint8Array(zeros.length)
  demonstrations.forEach(({ tokens }, row) => mask_BT.fill(1, row * width, row * width + tokens.length))
  return {
    step: batch,
    width,
    responses: demonstrations.map(({ prompt, text, tokens }, group) => ({
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
    })),
    advantages_B: new Float32Array(demonstrations.length).fill(1),
    failures: [],
    zeroVarianceGroups: 0,
    discardedGroups: 0,
    scores: { version: 0, logprobs_BT: zeros, entropy_BT: zeros, s_BT: zeros, expectedS_BT: zeros, squares_BT: zeros },
    state: {
      step: batch,
      entropy: Number.NaN,
      band: { low: 0, high: 0 },
      steered: null,
      drift: 0,
      measuredChange: null,
      predictedChange: Number.NaN,
    },
    mask_BT,
    accepted_B: demonstrations.map(() => true),
  }
}
