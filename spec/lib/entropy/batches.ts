import { fc } from '@fast-check/vitest'
import type { Drift } from '#lib/rollout/band.js'
import type { EntropyState } from '#lib/rollout/entropy-state.js'
import type { MeasuredBatch } from '#lib/rollout/batch.js'

interface TokenSketch {
  readonly entropy?: number
  readonly s?: number
  readonly expectedS?: number
  readonly logprob?: number
  readonly squares?: number
  /** Log-prob under the sampler. */
  readonly samplerLogprob?: number
}

/** Fields of a response that a spec needs; other fields take defaults. */
export interface ResponseSketch {
  readonly advantage: number
  readonly reward?: number
  readonly tokens: readonly TokenSketch[]
}

/** Measured batch from the fields that a spec needs. The padding of every score is 99, so that reading it shows. */
export const measuredBatch = (sketches: readonly ResponseSketch[]): MeasuredBatch => {
  const width = Math.max(0, ...sketches.map(({ tokens }) => tokens.length))
  const matrix = (valueOf: (token: TokenSketch) => number) =>
    Float32Array.from(
      sketches.flatMap(({ tokens }) => Array.from({ length: width }, (_, t) => (tokens[t] ? valueOf(tokens[t]) : 99))),
    )
  return {
    step: 0,
    responses: sketches.map(({ reward = 0, tokens }, group) => ({
      prompt: { id: `${group}`, text: '', tokens: [], reference: '' },
      completion: {
        tokens: new Int32Array(tokens.length),
        logprobs_T: Float32Array.from(tokens, ({ samplerLogprob = 0 }) => samplerLogprob),
        text: '',
        finish: 'stop',
        version: 0,
      },
      reward: { value: reward, correct: reward > 0 },
      group,
    })),
    advantages_B: Float32Array.from(sketches, ({ advantage }) => advantage),
    width,
    failures: [],
    zeroVarianceGroups: 0,
    discardedGroups: 0,
    scores: {
      version: 0,
      method: 'exact',
      logprobs_BT: matrix(({ logprob = -1 }) => logprob),
      entropy_BT: matrix(({ entropy = 0 }) => entropy),
      distribution: {
        s_BT: matrix(({ s = 0 }) => s),
        expectedS_BT: matrix(({ expectedS = 0 }) => expectedS),
        squares_BT: matrix(({ squares = 1 }) => squares),
      },
    },
  }
}

/** Entropy state with this drift. */
export const stateOf = (drift: Drift): EntropyState => ({
  step: 0,
  entropy: 0.5 + drift,
  scoreMethod: 'exact',
  entropyError: 0,
  band: { low: 0.4, high: 0.6 },
  nextBand: { low: 0.4, high: 0.6 },
  steered: null,
  drift,
  measuredChange: null,
  predictedChange: 0,
})

const number = fc.oneof(fc.constant(0), fc.float({ min: -3, max: 3, noNaN: true }))
const token = fc.record({ entropy: fc.float({ min: 0, max: 3, noNaN: true }), s: number, expectedS: number })

/** Random measured batch of up to six responses. */
export const anyBatch = fc
  .array(
    fc.record({
      advantage: number,
      reward: fc.constantFrom(-1, 1),
      tokens: fc.array(token, { minLength: 1, maxLength: 5 }),
    }),
    { maxLength: 6 },
  )
  .map(measuredBatch)

/** Random entropy state. */
export const anyState = fc.constantFrom<Drift>(-1, 0, 1).map(stateOf)
