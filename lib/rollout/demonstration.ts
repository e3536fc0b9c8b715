import type { FilteredBatch } from './batch.js'
import type { Prompt } from './prompt.js'

/** Prompt with a response to imitate. @shape tokens [T], the stop token last */
export interface Demonstration {
  readonly prompt: Prompt
  readonly text: string
  readonly tokens: readonly number[]
}

/**
 * Builds the batch of demonstrations that a learner trains on in one step: every token trains, with advantage 1.
 *
 * No policy sampled or scored the tokens, so log-probabilities and scores are 0. Only objectives that do not read them fit.
 *
 * @shape D demonstrations -> B = D rows
 */
export const demonstrationBatch = (step: number, demonstrations: readonly Demonstration[]): FilteredBatch => {
  const width = Math.max(...demonstrations.map(({ tokens }) => tokens.length))
  const zeros = new Float32Array(demonstrations.length * width)
  const mask_BT = new Uint8Array(zeros.length)
  demonstrations.forEach(({ tokens }, row) => mask_BT.fill(1, row * width, row * width + tokens.length))
  return {
    step,
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
      step,
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
