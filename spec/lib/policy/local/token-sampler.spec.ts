import { fc, test } from '@fast-check/vitest'
import { describe, expect, it } from 'vitest'
import { createTokenSampler } from '#lib/policy/local/token-sampler.js'
import type { Sampling } from '#lib/policy/policy.js'

const plain: Sampling = { group: 1, temperature: 1, topK: 0, topP: 1, maxTokens: 1, seed: 0 }
const DRAWS = 2000

interface Drawn {
  readonly token: number
  readonly logprob: number
}

/** Draws at uniform numbers that cover [0, 1) evenly, so that counts are probabilities up to 1 / DRAWS. */
const drawsOf = (logits: readonly number[], but: Partial<Sampling> = {}): Drawn[] => {
  const sample = createTokenSampler(logits.length, { ...plain, ...but })
  return Array.from({ length: DRAWS }, (_, i) => {
    const logprobs = new Float32Array(1)
    return { token: sample(logits, 0, (i + 0.5) / DRAWS, logprobs, 0), logprob: logprobs[0]! }
  })
}

const softmax = (logits: readonly number[], temperature = 1): number[] => {
  const highest = Math.max(...logits)
  const weights = logits.map((logit) => Math.exp((logit - highest) / temperature))
  const total = weights.reduce((a, b) => a + b)
  return weights.map((weight) => weight / total)
}

/** Share of the draws that each token got. */
const sharesOf = (vocabulary: number, draws: readonly Drawn[]): number[] =>
  Array.from({ length: vocabulary }, (_, v) => draws.filter(({ token }) => token === v).length / DRAWS)

/** Distinct pairs of token and log-probability. A token with two log-probabilities occurs twice. */
const distinct = (draws: readonly Drawn[]): Drawn[] => [
  ...new Map(draws.map((draw) => [`${draw.token} ${draw.logprob}`, draw])).values(),
]

const tokensOf = (draws: readonly Drawn[]): Set<number> => new Set(draws.map(({ token }) => token))

const expectShares = (found: readonly number[], expected: readonly number[]) => {
  found.forEach((share, v) => expect(Math.abs(share - expected[v]!)).toBeLessThanOrEqual(1.01 / DRAWS))
}

/** Logits in steps of 1/64, so that different logits have different weights. */
const anyLogits = fc.array(
  fc.integer({ min: -256, max: 256 }).map((x) => x / 64),
  { minLength: 1, maxLength: 12 },
)
const anyTemperature = fc.double({ min: 0.25, max: 4, noNaN: true })
const anySampling = fc.record({
  temperature: anyTemperature,
  topK: fc.nat(13),
  topP: fc.double({ min: 0.05, max: 1, noNaN: true }),
})

describe('createTokenSampler', () => {
  test.prop([anyLogits, anyTemperature])('samples from the softmax at the temperature', (logits, temperature) => {
    expectShares(sharesOf(logits.length, drawsOf(logits, { temperature })), softmax(logits, temperature))
  })

  test.prop([anyLogits, anySampling])('returns log-probabilities of the truncated distribution', (logits, how) => {
    const draws = drawsOf(logits, how)
    const probability = new Map(draws.map(({ token, logprob }) => [token, Math.exp(logprob)]))
    const expected = logits.map((_, v) => probability.get(v) ?? 0)
    expectShares(sharesOf(logits.length, draws), expected)
    // A token that was never drawn has less than one draw's share.
    expect(Math.abs(expected.reduce((a, b) => a + b) - 1)).toBeLessThanOrEqual(logits.length / DRAWS)
  })

  test.prop([anyLogits, anySampling])('keeps the proportions of the remaining tokens', (logits, how) => {
    const draws = drawsOf(logits, how)
    for (const { token, logprob } of distinct(draws))
      expect(logprob - draws[0]!.logprob).toBeCloseTo((logits[token]! - logits[draws[0]!.token]!) / how.temperature, 4)
  })

  test.prop([anyLogits, fc.integer({ min: 1, max: 13 })])(
    'samples from the k most probable tokens only',
    (logits, topK) => {
      const draws = drawsOf(logits, { topK })
      const kth = [...logits].sort((a, b) => b - a)[Math.min(topK, logits.length) - 1]!
      expect(tokensOf(draws).size).toBeLessThanOrEqual(topK)
      for (const { token } of distinct(draws)) expect(logits[token]).toBeGreaterThanOrEqual(kth)
    },
  )

  test.prop([anyLogits, fc.double({ min: 0.01, max: 0.99, noNaN: true })])(
    'samples from the smallest set whose probability reaches p',
    (logits, topP) => {
      const p = softmax(logits)
      const draws = drawsOf(logits, { topP })
      const kept = [...tokensOf(draws)].map((v) => p[v]!).sort((a, b) => b - a)
      const mass = kept.reduce((a, b) => a + b)
      // A kept token that was never drawn has less than one draw's share.
      expect(mass).toBeGreaterThanOrEqual(topP - p.length / DRAWS)
      expect(mass - kept.at(-1)!).toBeLessThan(topP + 1e-9)
      const others = p.filter((_, v) => !tokensOf(draws).has(v))
      expect(Math.max(0, ...others)).toBeLessThanOrEqual(Math.max(kept.at(-1)!, 1 / DRAWS) + 1e-12)
    },
  )

  it('applies temperature, then k, then p: an example computed by hand', () => {
    // 8 : 4 : 2 : 1 : 1 becomes 64 : 16 : 4 : 1 : 1 at temperature 1/2; of the first three, two make 80 / 84 > 0.9.
    const logits = [1, 8, 4, 1, 2].map(Math.log)
    const draws = drawsOf(logits, { temperature: 0.5, topK: 3, topP: 0.9 })
    expect(tokensOf(draws)).toEqual(new Set([1, 2]))
    for (const { token, logprob } of distinct(draws)) expect(logprob).toBeCloseTo(Math.log(token === 1 ? 0.8 : 0.2), 5)
    // Without the k the two make 80 / 86 > 0.9; with a p of 0.94 that is not enough, and with the k it is.
    expect(tokensOf(drawsOf(logits, { temperature: 0.5, topP: 0.94 }))).toEqual(new Set([1, 2, 4]))
    expect(tokensOf(drawsOf(logits, { temperature: 0.5, topK: 3, topP: 0.94 }))).toEqual(new Set([1, 2]))
  })

  test.prop([anyLogits, fc.nat(13), fc.double({ min: 0, max: 1, noNaN: true })])(
    'takes the most probable token at temperature 0, with log-probability 0',
    (logits, topK, topP) => {
      const best = logits.indexOf(Math.max(...logits))
      expect(distinct(drawsOf(logits, { temperature: 0, topK, topP }))).toEqual([{ token: best, logprob: 0 }])
    },
  )

  it('is greedy with k = 1 and with p = 0', () => {
    const logits = [0.5, 2, 2, 1]
    for (const how of [{ topK: 1 }, { topP: 0 }])
      expect(distinct(drawsOf(logits, how))).toEqual([{ token: 1, logprob: 0 }])
  })

  it('keeps the token with the smaller id in a tie', () => {
    expect(tokensOf(drawsOf([1, 1, 1, 1], { topK: 2 }))).toEqual(new Set([0, 1]))
    expect(tokensOf(drawsOf([1, 1, 1, 1], { topP: 0.6 }))).toEqual(new Set([0, 1, 2]))
    expect(tokensOf(drawsOf([1, 1, 1, 1], { topP: 0.5 }))).toEqual(new Set([0, 1]))
  })

  it.each([0, 0.5, 1 - 2 ** -53])('never samples a token of probability 0, for the uniform number %s', (uniform) => {
    const sample = createTokenSampler(4, plain)
    const logprobs = new Float32Array(1)
    expect(sample([-Infinity, 3, -Infinity, -2000], 0, uniform, logprobs, 0)).toBe(1)
    expect(logprobs[0]).toBe(0)
  })

  it('does not overflow', () => {
    const draws = drawsOf([1e4, 1e4 - Math.log(3), -1e4], { temperature: 1 })
    expectShares(sharesOf(3, draws), [0.75, 0.25, 0])
    expect(tokensOf(drawsOf([1, 2, 1.999], { temperature: 1e-5 }))).toEqual(new Set([1]))
  })

  it('reads the row at the given offset and writes at the given place', () => {
    const sample = createTokenSampler(2, { ...plain, topK: 1 })
    const logits = [9, 0, /* the row */ 0, 5, 9, 0]
    const logprobs = new Float32Array(3).fill(7)
    expect(sample(logits, 2, 0.5, logprobs, 1)).toBe(1)
    expect([...logprobs]).toEqual([7, 0, 7])
  })

  test.prop([fc.array(anyLogits, { minLength: 2, maxLength: 5 }), anySampling])(
    'does not depend on earlier draws',
    (rows, how) => {
      const width = Math.max(...rows.map(({ length }) => length))
      const padded = rows.map((row) => [...row, ...new Array<number>(width - row.length).fill(-9)])
      const shared = createTokenSampler(width, { ...plain, ...how })
      const [found, fresh] = [new Float32Array(rows.length), new Float32Array(rows.length)]
      padded.forEach((row, i) => {
        const own = createTokenSampler(width, { ...plain, ...how })
        expect(shared(row, 0, 0.7, found, i)).toBe(own(row, 0, 0.7, fresh, i))
      })
      expect(found).toEqual(fresh)
    },
  )
})
