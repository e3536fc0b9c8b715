import { describe, expect, it } from 'vitest'
import { maskSequence, truncate } from '#lib/objective/corrections.js'
import { everything } from '#lib/entropy/filter/everything.js'
import { expectClose } from '../compute/reference/close.js'
import { measuredBatch, stateOf } from '../entropy/batches.js'

/** Response with these ratios of learner to sampler probability, one per token. */
const ratios = (...ratios: readonly number[]) => ({
  advantage: 1,
  tokens: ratios.map((ratio) => ({ logprob: -1, samplerLogprob: -1 - Math.log(ratio) })),
})
const batch = everything().admit(stateOf(0), measuredBatch([ratios(1, 4, 0.5), ratios(8), ratios(2, 0.5)]))

describe('truncate', () => {
  it('weighs each token by its ratio, up to the cap, and rejects none', () => {
    const { importance_BT, mask_BT, accepted_B } = truncate(2)(batch)
    expectClose(
      [0, 1, 2, 3, 6, 7].map((i) => importance_BT![i]!),
      [1, 2, 0.5, 2, 2, 0.5],
      1e-6,
    )
    expect(mask_BT).toEqual(batch.mask_BT)
    expect(accepted_B).toEqual(batch.accepted_B)
  })
})

describe('maskSequence', () => {
  it('rejects the responses whose mean ratio is beyond the cap, above or below', () => {
    // Means of the log ratios: ln 2 / 3, ln 8, 0.
    expect(maskSequence(1.5)(batch)).toMatchObject({ accepted_B: [true, false, true] })
    expect([...maskSequence(1.1)(batch).mask_BT]).toEqual([0, 0, 0, 0, 0, 0, 1, 1, 0])
    const down = everything().admit(stateOf(0), measuredBatch([ratios(1 / 8), ratios(1)]))
    expect(maskSequence(2)(down).accepted_B).toEqual([false, true])
  })

  it('reads only tokens that train, and keeps rejected responses rejected', () => {
    const masked = {
      ...batch,
      mask_BT: batch.mask_BT.map((m, i) => (i === 1 ? 0 : m)),
      accepted_B: [true, true, false],
    }
    expect(maskSequence(1.5)(masked)).toMatchObject({ accepted_B: [true, false, false] })
  })
})
