import { describe, expect, it } from 'vitest'
import { tokenMeanEntropy } from '#lib/entropy/token-mean-entropy.js'
import { measuredBatch } from './batches.js'

describe('tokenMeanEntropy', () => {
  it('counts each token once and does not read the padding', () => {
    const batch = measuredBatch([
      { advantage: 0, tokens: [{ entropy: 1 }, { entropy: 2 }, { entropy: 3 }] },
      { advantage: 0, tokens: [{ entropy: 0 }] },
    ])
    expect(tokenMeanEntropy(batch)).toBe(1.5)
  })

  it('is NaN without tokens', () => {
    expect(tokenMeanEntropy(measuredBatch([]))).toBeNaN()
    expect(tokenMeanEntropy(measuredBatch([{ advantage: 1, tokens: [] }]))).toBeNaN()
  })
})
