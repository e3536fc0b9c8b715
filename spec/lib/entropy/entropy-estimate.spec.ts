import { test } from '@fast-check/vitest'
import { describe, expect, it } from 'vitest'
import { entropyEstimate } from '#lib/entropy/entropy-estimate.js'
import { entropyOf } from '#lib/entropy/theory.js'
import { uniform } from '#lib/random/uniform.js'
import type { MeasuredBatch } from '#lib/rollout/batch.js'
import { anyBatch, measuredBatch } from './batches.js'

/** The batch with sampled scores of the same log-probs. */
const asSampled = (batch: MeasuredBatch): MeasuredBatch => {
  const { logprobs_BT } = batch.scores
  return {
    ...batch,
    scores: { version: 0, method: 'sampled', logprobs_BT, entropy_BT: logprobs_BT.map((logprob) => -logprob) },
  }
}

/** Distributions of a policy at its two kinds of position. Token 1 leads to a position of kind 1, token 2 to one of kind 0. */
type TwoKinds = readonly [readonly number[], readonly number[]]
const learner: TwoKinds = [
  [0.95, 0.03, 0.02],
  [0.7, 0.1, 0.2],
]
const older: TwoKinds = [
  [0.9, 0.06, 0.04],
  [0.4, 0.3, 0.3],
]

/** Batch that one policy samples and another scores, and its exact entropy. Entropies in a response are strongly correlated. */
const sampledBatch = (seed: number, sampler: TwoKinds, scorer: TwoKinds) => {
  let [entropy, tokens] = [0, 0]
  const responses = Array.from({ length: 16 }, (_, b) => {
    let kind = b % 2
    return {
      advantage: 0,
      tokens: Array.from({ length: 5 + b }, (_, t) => {
        const [q, p] = [sampler[kind]!, scorer[kind]!]
        entropy += entropyOf(p)
        tokens++
        const u = uniform(seed, b, t)
        const token = u < q[0]! ? 0 : u < q[0]! + q[1]! ? 1 : 2
        if (token > 0) kind = token % 2
        return { logprob: Math.log(p[token]!), samplerLogprob: Math.log(q[token]!) }
      }),
    }
  })
  return { batch: asSampled(measuredBatch(responses)), exact: entropy / tokens }
}

const BATCHES = 200
const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length

/** Distances of the estimates from the exact entropies, in standard errors. */
const distances = (sampler: TwoKinds) =>
  Array.from({ length: BATCHES }, (_, seed) => {
    const { batch, exact } = sampledBatch(seed, sampler, learner)
    const { entropy, entropyError } = entropyEstimate(batch)
    return (entropy - exact) / entropyError!
  })

describe('entropyEstimate', () => {
  it('of exact scores is the mean over the tokens, without an error', () => {
    const batch = measuredBatch([
      { advantage: 0, tokens: [{ entropy: 1 }, { entropy: 2 }, { entropy: 3 }] },
      { advantage: 0, tokens: [{ entropy: 0 }] },
    ])
    expect(entropyEstimate(batch)).toEqual({ entropy: 1.5, entropyError: 0 })
  })

  it('of top-k scores has the mean of the errors of its tokens', () => {
    const batch = measuredBatch([
      { advantage: 0, tokens: [{ entropy: 1 }, { entropy: 2 }, { entropy: 3 }] },
      { advantage: 0, tokens: [{ entropy: 0 }] },
    ])
    const entropyError_BT = Float32Array.of(0.5, 0, 0.25, 0.25, 99, 99)
    const scores = { ...batch.scores, method: 'top-k', entropyError_BT } as MeasuredBatch['scores']
    expect(entropyEstimate({ ...batch, scores })).toEqual({ entropy: 1.5, entropyError: 0.25 })
  })

  it('of sampled scores agrees with a calculation by hand', () => {
    // Surprises 1, 2 and 3: deviations -1, 0 and 1 from their mean, variance 1 with divisor 2.
    const tokens = [1, 2, 3].map((nats) => ({ logprob: -nats, samplerLogprob: -nats }))
    const { entropy, entropyError } = entropyEstimate(asSampled(measuredBatch([{ advantage: 0, tokens }])))
    expect(entropy).toBeCloseTo(2, 6)
    expect(entropyError).toBeCloseTo(1 / Math.sqrt(3), 6)
  })

  it('weighs tokens that another policy sampled by the ratio of both probabilities', () => {
    // Weights 2 and 1/2: H = (2 * 1 + 1/2 * 3) / 2.5.
    const tokens = [
      { logprob: -1, samplerLogprob: -1 - Math.LN2 },
      { logprob: -3, samplerLogprob: -3 + Math.LN2 },
    ]
    const { entropy, entropyError } = entropyEstimate(asSampled(measuredBatch([{ advantage: 0, tokens }])))
    expect(entropy).toBeCloseTo(1.4, 6)
    expect(entropyError).toBeCloseTo(Math.sqrt(2 * ((2 * 0.4) ** 2 + (0.5 * 1.6) ** 2)) / 2.5, 6)
  })

  it('has an unknown error where fewer than two tokens were scored', () => {
    const one = measuredBatch([{ advantage: 0, tokens: [{ logprob: -1, samplerLogprob: -1 }] }])
    expect(entropyEstimate(asSampled(one))).toEqual({ entropy: 1, entropyError: null })
    expect(entropyEstimate(asSampled(measuredBatch([])))).toEqual({ entropy: NaN, entropyError: null })
    expect(entropyEstimate(measuredBatch([]))).toEqual({ entropy: NaN, entropyError: null })
  })

  test.prop([anyBatch])('does not read the padding of sampled scores', (batch) => {
    const { entropy, entropyError } = entropyEstimate(asSampled(batch))
    // Log-probs and sampler log-probs are the same at every token of these batches; the padding is 99.
    if (batch.responses.length === 0) return
    expect(entropy).toBeCloseTo(1, 6)
    if (entropyError !== null) expect(entropyError).toBeCloseTo(0, 6)
  })

  it.each([
    ['the policy itself', learner],
    ['older weights', older],
  ])('is unbiased for tokens of %s, and its standard error holds', (_, sampler) => {
    const z = distances(sampler)
    expect(Math.abs(mean(z))).toBeLessThan(0.2)
    const rms = Math.sqrt(mean(z.map((each) => each * each)))
    // The standard error counts the differences between the positions, so it is a little too large.
    expect(rms).toBeGreaterThan(0.6)
    expect(rms).toBeLessThan(1.15)
  })

  it('would measure the older weights without the ratio', () => {
    const bias = Array.from({ length: BATCHES }, (_, seed) => {
      const { batch, exact } = sampledBatch(seed, older, learner)
      const unweighted = batch.responses.map(({ completion }, b) => ({
        completion: {
          ...completion,
          logprobs_T: batch.scores.logprobs_BT.subarray(b * batch.width, b * batch.width + completion.tokens.length),
        },
      }))
      const responses = batch.responses.map((response, b) => ({ ...response, ...unweighted[b]! }))
      return entropyEstimate({ ...batch, responses }).entropy - exact
    })
    expect(mean(bias)).toBeGreaterThan(0.2)
  })
})
