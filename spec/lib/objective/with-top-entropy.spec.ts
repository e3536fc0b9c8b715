import { fc, test } from '@fast-check/vitest'
import { describe, expect, it } from 'vitest'
import { everything } from '#lib/entropy/filter/everything.js'
import { clipCov } from '#lib/objective/clip-cov.js'
import { klCov } from '#lib/objective/kl-cov.js'
import { lossFeed } from '#lib/objective/loss-feed.js'
import type { Minibatch } from '#lib/objective/minibatch.js'
import type { Objective } from '#lib/objective/objective.js'
import { ppoClip } from '#lib/objective/ppo-clip.js'
import { withTopEntropy } from '#lib/objective/with-top-entropy.js'
import { keyedUniform } from '#lib/random/uniform.js'
import { measuredBatch, type ResponseSketch, stateOf } from '../entropy/batches.js'

const minibatchOf = (responses: readonly ResponseSketch[], but: Partial<Minibatch> = {}): Minibatch => {
  const batch = everything().admit(stateOf(0), measuredBatch(responses))
  return { batch, rows: [...responses.keys()], count: 1, scores: batch.scores, draw: keyedUniform(1), ...but }
}
const entropies = (...values: readonly number[]): ResponseSketch => ({
  advantage: 1,
  tokens: values.map((entropy) => ({ entropy })),
})
const keptOf = ({ kept }: Objective, minibatch: Minibatch) => [...kept!(minibatch)]

describe('withTopEntropy', () => {
  // Rows of three places; the padding of every score is 99 and must not count.
  const minibatch = minibatchOf([entropies(0.1, 0.9, 0.5), entropies(0.7, 0.3)])

  it.each([
    // The quantile at 1 - 0.4 of 0.1, 0.3, 0.5, 0.7, 0.9 lies between 0.5 and 0.7.
    [0.4, [0, 1, 0, 1, 0, 0]],
    [0.5, [0, 1, 1, 1, 0, 0]],
    [0.2, [0, 1, 0, 0, 0, 0]],
    [1e-9, [0, 1, 0, 0, 0, 0]],
    [1, [1, 1, 1, 1, 1, 0]],
  ])('keeps the share %d of the tokens, those of highest entropy', (share, expected) => {
    expect(keptOf(withTopEntropy(ppoClip(), share), minibatch)).toEqual(expected)
  })

  it('keeps all tokens of an equal entropy', () => {
    const equal = minibatchOf([entropies(0.5, 0.5, 0.2), entropies(0.5)])
    expect(keptOf(withTopEntropy(ppoClip(), 0.25), equal)).toEqual([1, 1, 0, 1, 0, 0])
  })

  it('reads only trained tokens of the rows of the minibatch', () => {
    const { batch } = minibatch
    const filtered = { ...batch, mask_BT: batch.mask_BT.map((trains, place) => (place === 1 ? 0 : trains)) }
    expect(keptOf(withTopEntropy(ppoClip(), 0.25), { ...minibatch, batch: filtered })).toEqual([0, 0, 0, 1, 0, 0])
    expect(keptOf(withTopEntropy(ppoClip(), 0.5), { ...minibatch, rows: [1] })).toEqual([0, 0, 0, 1, 0, 0])
  })

  it('reads the entropy at the start of the optimiser step', () => {
    const later = { ...minibatch.scores, entropy_BT: minibatch.scores.entropy_BT.toReversed() }
    expect(keptOf(withTopEntropy(ppoClip(), 0.4), { ...minibatch, scores: later })).not.toEqual(
      keptOf(withTopEntropy(ppoClip(), 0.4), minibatch),
    )
  })

  it('leaves the weights of the tokens and the marks of the objective as they are', () => {
    for (const objective of [ppoClip(), klCov({ covShare: 0.5 }), clipCov()]) {
      const [plain, top] = [lossFeed(objective, minibatch), lossFeed(withTopEntropy(objective, 0.4), minibatch)]
      expect(top.tokens).toBe(plain.tokens)
      for (const [row, place] of [
        [0, 0],
        [0, 1],
        [1, 3],
      ] as const) {
        expect(top.matrices['weights']!(row, place)).toBe(plain.matrices['weights']!(row, place))
        expect(top.matrices['marked']!(row, place)).toBe(plain.matrices['marked']!(row, place))
      }
      expect([0, 1, 2].map((place) => top.matrices['kept']!(0, place))).toEqual([0, 1, 0])
      expect([0, 1, 2].map((place) => plain.matrices['kept']!(0, place))).toEqual([1, 1, 1])
    }
  })

  it('keeps what both keep if it is applied twice', () => {
    const twice = withTopEntropy(withTopEntropy(ppoClip(), 0.2), 0.5)
    expect(keptOf(twice, minibatch)).toEqual([0, 1, 0, 0, 0, 0])
  })

  test.prop([fc.constantFrom(0, -0.1, 1.01, Number.NaN, Infinity)])('rejects a share outside (0, 1]', (share) => {
    expect(() => withTopEntropy(ppoClip(), share)).toThrow(
      new RangeError(`topEntropyQuantile: found ${share}, expected a number > 0 and <= 1`),
    )
  })
})
