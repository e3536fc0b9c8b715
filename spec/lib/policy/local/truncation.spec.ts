import { fc, test } from '@fast-check/vitest'
import { describe, expect, it } from 'vitest'
import { createTokenSampler } from '#lib/policy/local/token-sampler.js'
import { createTruncation } from '#lib/policy/local/truncation.js'
import { uniform } from '#lib/random/uniform.js'
import { sum } from '#lib/statistics.js'

/** Truncation that sorts all tokens: largest weight first, the smaller token first in a tie. */
const bySorting = (weights: Float64Array, topK: number, topP: number): Float64Array => {
  const order = [...weights.keys()].sort((a, b) => weights[b]! - weights[a]! || a - b)
  let kept = topK > 0 && topK < weights.length ? topK : weights.length
  if (topP < 1) {
    let total = 0
    for (let i = 0; i < kept; i++) total += weights[order[i]!]!
    let sum = 0
    let i = 0
    while (i < kept && sum < topP * total) sum += weights[order[i++]!]!
    kept = Math.max(1, i)
  }
  const truncated = weights.slice()
  for (const v of order.slice(kept)) truncated[v] = 0
  return truncated
}

const bySelection = (weights: Float64Array, topK: number, topP: number): Float64Array => {
  const truncated = Float64Array.from(weights)
  createTruncation(truncated, topK, topP)(sum(weights))
  return truncated
}

const weightsOf = (logits: ArrayLike<number>, temperature = 1): Float64Array => {
  let highest = -Infinity
  for (let v = 0; v < logits.length; v++) highest = Math.max(highest, logits[v]!)
  return Float64Array.from(logits, (logit) => Math.exp((logit - highest) / temperature))
}

/** Logits with ties, tokens that cannot occur, and weights that are 0 in double precision. */
const anyLogits = fc.array(
  fc.oneof(
    fc.integer({ min: -8, max: 8 }).map((x) => x / 4),
    fc.float({ min: -30, max: 30, noNaN: true }),
    fc.constant(-Infinity),
    fc.constant(-1e4),
  ),
  { minLength: 1, maxLength: 40 },
)
const anyTopP = fc.oneof(
  fc.double({ min: 0, max: 1, noNaN: true }),
  fc.constantFrom(0, 0.25, 0.5, 0.75, 0.9, 1 - 1e-12, 1),
)

/** Normal random logits from two uniform numbers each; `grain` rounds them, which makes ties. */
const randomLogits = (vocabulary: number, spread: number, grain: number, seed: number): Float32Array =>
  Float32Array.from({ length: vocabulary }, (_, v) => {
    const radius = Math.sqrt(-2 * Math.log(1 - uniform(seed, v, 0)))
    const logit = spread * radius * Math.cos(2 * Math.PI * uniform(seed, v, 1))
    return grain === 0 ? logit : Math.round(logit / grain) * grain
  })

describe('createTruncation', () => {
  test.prop([anyLogits.filter((logits) => Math.max(...logits) > -Infinity), fc.nat(45), anyTopP], { numRuns: 1000 })(
    'keeps the weights that sorting keeps, in small vocabularies',
    (logits, topK, topP) => {
      const weights = weightsOf(logits)
      expect(bySelection(weights, topK, topP)).toEqual(bySorting(weights, topK, topP))
    },
  )

  const large = [
    { spread: 3, grain: 0 },
    { spread: 0.01, grain: 0 },
    { spread: 0, grain: 0 },
    { spread: 3, grain: 0.5 },
    { spread: 300, grain: 0 },
  ]
  it.each(large)('keeps the weights that sorting keeps, of 5000 tokens: %o', ({ spread, grain }) => {
    const weights = weightsOf(randomLogits(5000, spread, grain, 1), 0.8)
    for (const topK of [0, 1, 20, 2049, 4999])
      for (const topP of [0, 0.1, 0.95, 0.999, 1 - 1e-15, 1]) {
        const [found, expected] = [bySelection(weights, topK, topP), bySorting(weights, topK, topP)]
        expect([topK, topP, found.findIndex((weight, v) => weight !== expected[v])]).toEqual([topK, topP, -1])
      }
  })

  it('sorts where the rounding of sums could decide: a share of equal weights', () => {
    const weights = new Float64Array(3000).fill(0.1)
    for (const kept of [1, 7, 1000, 2999])
      expect(bySelection(weights, 0, kept / 3000)).toEqual(bySorting(weights, 0, kept / 3000))
  })

  it('keeps the first of equal weights, and the largest of weights that rise or fall', () => {
    const ramp = Float64Array.from({ length: 3000 }, (_, v) => (v + 1) / 3000)
    for (const weights of [ramp, ramp.toReversed(), new Float64Array(3000).fill(1), new Float64Array(3000).fill(0)])
      for (const topK of [1, 20, 300, 2999])
        for (const topP of [0.3, 1]) expect(bySelection(weights, topK, topP)).toEqual(bySorting(weights, topK, topP))
  })

  it('changes the weights at every call anew', () => {
    const weights = Float64Array.of(0.5, 1, 0.25)
    const truncate = createTruncation(weights, 1, 1)
    truncate(1.75)
    weights.set([0.5, 0.25, 1])
    truncate(1.75)
    expect([...weights]).toEqual([0, 0, 1])
  })
})

describe('createTokenSampler', () => {
  const [logprobs, untruncated] = [new Float32Array(2), new Float32Array(2)]

  it.each([
    { topK: 0, topP: 1 },
    { topK: 2, topP: 1 },
    { topK: 0, topP: 0.5 },
    { topK: 3, topP: 0.6 },
  ])('writes the log-probability before truncation beside that of the truncated distribution: %o', (how) => {
    const logits = [1, 8, 4, 1, 2].map(Math.log)
    const sample = createTokenSampler(5, { group: 1, maxTokens: 1, seed: 0, temperature: 0.5, ...how })
    // 64 of 64 + 16 + 4 + 1 + 1
    expect(sample(logits, 0, 0.5, logprobs, 1, untruncated)).toBe(1)
    expect(untruncated[1]).toBeCloseTo(Math.log(64 / 86), 6)
    if (how.topK === 0 && how.topP === 1) expect(untruncated).toEqual(logprobs)
    else expect(logprobs[1]).toBeGreaterThan(untruncated[1]!)
  })

  it('writes 0 at temperature 0', () => {
    untruncated[0] = 7
    createTokenSampler(2, { group: 1, maxTokens: 1, seed: 0, temperature: 0, topK: 1, topP: 1 })(
      [0, 1],
      0,
      0.5,
      logprobs,
      0,
      untruncated,
    )
    expect(untruncated[0]).toBe(0)
  })
})
