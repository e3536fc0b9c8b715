import { describe } from 'vitest'
import { truncate } from '#lib/objective/corrections.js'
import { correctMismatch } from '#operators/correct-mismatch.js'
import { aFilteredBatch } from '#testing.js'
import { keepsTheLaws } from './laws.js'

describe('correctMismatch', () => {
  describe('laws', () => {
    keepsTheLaws({
      operator: () => correctMismatch(truncate(2)),
      // Sampler and learner gave every token the same log-prob; beyond a response there is no difference either.
      reactions: [0, 1].map((batch) => {
        const input = aFilteredBatch(batch, [1, -1])
        return { input, outputs: [{ ...input, importance_BT: Float32Array.of(1, 1, 1, 1) }] }
      }),
      callbacks: { correction: (correction) => correctMismatch(correction) },
    })
  })
})
