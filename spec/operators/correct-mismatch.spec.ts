import { describe } from 'vitest'
import { truncate } from '#lib/objective/corrections.js'
import { correctMismatch } from '#operators/correct-mismatch.js'
import { aFilteredBatch } from '#testing.js'
import { keepsTheLaws } from './laws.js'

describe('correctMismatch', () => {
  describe('laws', () => {
    keepsTheLaws({
      operator: () => correctMismatch(truncate(2)),
      // Sampler and learner agree on every log-probability, and padding is 0 in both: every weight is 1.
      reactions: [0, 1].map((step) => {
        const input = aFilteredBatch(step, [1, -1])
        return { input, outputs: [{ ...input, importance_BT: Float32Array.of(1, 1, 1, 1) }] }
      }),
      callbacks: { correction: (correction) => correctMismatch(correction) },
    })
  })
})
