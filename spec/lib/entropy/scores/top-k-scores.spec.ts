import { fc, test } from '@fast-check/vitest'
import { describe, expect, it } from 'vitest'
import { batchOf } from '#lib/batch/batch-of.js'
import { forEachToken } from '#lib/batch/tokens.js'
import { sampledScores } from '#lib/entropy/scores/sampled-scores.js'
import { type ServedLogprobs, topKScores } from '#lib/entropy/scores/top-k-scores.js'
import { createTokenMeasure } from '#lib/policy/local/token-measure.js'
import type { Batch } from '#lib/rollout/batch.js'
import type { ExactScores } from '#lib/rollout/scores.js'
import { aCompletion, anAdvantagedGroup } from '#testing.js'
import { expectClose } from '../../compute/reference/close.js'

/** Completions of these tokens. */
const batchOfTokens = (rows: readonly (readonly number[])[]): Batch =>
  batchOf([
    anAdvantagedGroup(
      rows.map(() => 1),
      { completions: rows.map((tokens) => aCompletion(tokens.length, { tokens: Int32Array.from(tokens) })) },
    ),
  ])

/** A token and the logits at its position. */
interface Position {
  readonly logits: readonly number[]
  readonly token: number
}

const V = 8
const anyPosition: fc.Arbitrary<Position> = fc.record({
  logits: fc.array(fc.double({ min: -12, max: 12, noNaN: true }), { minLength: V, maxLength: V }),
  token: fc.nat({ max: V - 1 }),
})
const anyRows = fc.array(fc.array(anyPosition, { minLength: 1, maxLength: 5 }), { minLength: 1, maxLength: 4 })

const logSoftmax = (logits: readonly number[]) => {
  const top = Math.max(...logits)
  const logz = top + Math.log(logits.reduce((sum, logit) => sum + Math.exp(logit - top), 0))
  return logits.map((logit) => logit - logz)
}

const batchOfRows = (rows: readonly (readonly Position[])[]) =>
  batchOfTokens(rows.map((row) => row.map(({ token }) => token)))

/** Answer of a server: the k most probable tokens of each position, the least probable first. */
const servedBy = (rows: readonly (readonly Position[])[], k: number): ServedLogprobs => ({
  k,
  vocabulary: V,
  logprobs: rows.map((row) => row.map(({ logits, token }) => logSoftmax(logits)[token]!)),
  top: rows.map((row) => {
    const positions = row.map(({ logits }) =>
      [...logSoftmax(logits).entries()].toSorted(([, a], [, b]) => a - b).slice(V - k),
    )
    return {
      tokens_TK: positions.flat().map(([token]) => token),
      logprobs_TK: positions.flat().map(([, logprob]) => logprob),
    }
  }),
})

/** Scores as the local model makes them from all logits. */
const exactScores = (rows: readonly (readonly Position[])[]): ExactScores => {
  const batch = batchOfRows(rows)
  const size = batch.responses.length * batch.width
  const measures = new Float32Array(5 * size)
  const measure = createTokenMeasure(V)
  forEachToken(batch, (place, b, t) => {
    const { logits, token } = rows[b]![t]!
    measure(logits, 0, token, measures, size, place)
  })
  const column = (m: number) => measures.subarray(m * size, (m + 1) * size)
  return {
    version: 7,
    method: 'exact',
    logprobs_BT: column(0),
    entropy_BT: column(1),
    distribution: { s_BT: column(2), expectedS_BT: column(3), squares_BT: column(4) },
  }
}

const rows = [[{ logits: [3, 2, 1, 0, 0, 0, 0, 0], token: 1 }], [{ logits: new Array<number>(V).fill(0), token: 5 }]]

describe('topKScores', () => {
  test.prop([anyRows, fc.integer({ min: 1, max: V })], { numRuns: 300 })(
    'differ from the exact entropy by the error that they state, at most',
    (rows, k) => {
      const found = topKScores(batchOfRows(rows), 7, servedBy(rows, k))
      const exact = exactScores(rows)
      expectClose(found.logprobs_BT, exact.logprobs_BT, 1e-5)
      for (const [place, error] of found.entropyError_BT.entries())
        expect(Math.abs(found.entropy_BT[place]! - exact.entropy_BT[place]!)).toBeLessThanOrEqual(error + 1e-5)
      // S of the sampled token is p (H + log p), so its error is p times that of H.
      for (const [place, s] of found.distribution.s_BT.entries()) {
        const error = Math.exp(exact.logprobs_BT[place]!) * found.entropyError_BT[place]!
        expect(Math.abs(s - exact.distribution.s_BT[place]!)).toBeLessThanOrEqual(error + 1e-5)
      }
    },
  )

  test.prop([anyRows])('are the exact scores, without an error, with k = V', (rows) => {
    const { method, entropyError_BT, distribution, ...found } = topKScores(batchOfRows(rows), 7, servedBy(rows, V))
    const exact = exactScores(rows)
    expect([method, found.version]).toEqual(['top-k', 7])
    expectClose(found.logprobs_BT, exact.logprobs_BT, 1e-5)
    expectClose(found.entropy_BT, exact.entropy_BT, 1e-5)
    for (const name of ['s_BT', 'expectedS_BT', 'squares_BT'] as const)
      expectClose(distribution[name], exact.distribution[name], 1e-5)
    expect(entropyError_BT.every((error) => error === 0)).toBe(true)
  })

  it('leave the padding at 0', () => {
    const [long, short] = [{ logits: [5, 1, 0, 0, 0, 0, 0, 0], token: 0 }, rows[1]!]
    const found = topKScores(batchOfRows([[long, long], short]), 0, servedBy([[long, long], short], 2))
    const { s_BT, expectedS_BT, squares_BT } = found.distribution
    for (const matrix_BT of [
      found.entropy_BT,
      found.entropyError_BT,
      found.logprobs_BT,
      s_BT,
      expectedS_BT,
      squares_BT,
    ])
      expect([matrix_BT.length, matrix_BT[3]]).toEqual([4, 0])
  })

  it('know the sampled token also if it is not one of the k', () => {
    // Token 5 of eight equal ones, beside the first one: six others with 6/8.
    const found = topKScores(batchOfRows([rows[1]!]), 0, {
      ...servedBy([rows[1]!], 1),
      top: [{ tokens_TK: [0], logprobs_TK: [-Math.log(V)] }],
    })
    expect(found.entropyError_BT[0]).toBeCloseTo(0, 6)
    expect(found.entropy_BT[0]).toBeCloseTo(Math.log(V), 6)
  })

  const served = servedBy(rows, 2)
  const [first, second] = served.top as [ServedLogprobs['top'][number], ServedLogprobs['top'][number]]
  it.each<[string, Partial<ServedLogprobs>, string]>([
    [
      'no log-probs',
      { logprobs: [[-1]] },
      'response 1 of the batch: found no log-probs, expected 1, 1 for each of its 1 tokens',
    ],
    ['two log-probs', { logprobs: [[-1], [-1, -1]] }, 'response 1 of the batch: found 2 log-probs, expected 1'],
    [
      'too few tokens',
      { top: [first, { ...second, tokens_TK: [0] }] },
      'response 1 of the batch: found 1 most probable tokens, expected 2, 2 for each of its 1 tokens',
    ],
    [
      'too few log-probs of tokens',
      { top: [first, { ...second, logprobs_TK: [] }] },
      'response 1 of the batch: found 0 log-probs of most probable tokens, expected 2',
    ],
    [
      'probabilities above 1 in total',
      { top: [{ ...first, logprobs_TK: [-0.1, -0.1] }, second] },
      'response 0 of the batch, token 0: found most probable tokens with a total probability of 1.810 and 6 others of at most 0.9048 each, expected a sum of 1',
    ],
    [
      'the most probable tokens of a smaller vocabulary',
      { vocabulary: 4 },
      'response 1 of the batch, token 0: found most probable tokens with a total probability of 0.3750 and 1 others of at most 0.1250 each, expected a sum of 1',
    ],
  ])('are refused with %s', (_, but, message) => {
    expect(() => topKScores(batchOfRows(rows), 0, { ...served, ...but })).toThrow(message)
  })
})

describe('sampledScores', () => {
  it('have the surprise of every token as its entropy', () => {
    const batch = batchOfTokens([[1, 2], [3]])
    expect(sampledScores(batch, 4, [[-0.5, -1], [-2]])).toEqual({
      version: 4,
      method: 'sampled',
      logprobs_BT: Float32Array.of(-0.5, -1, -2, 0),
      entropy_BT: Float32Array.of(0.5, 1, 2, 0),
    })
  })

  it('are refused for a response with too few log-probs', () => {
    expect(() => sampledScores(batchOfTokens([[1, 2], [3]]), 4, [[-0.5], [-2]])).toThrow(
      'response 0 of the batch: found 1 log-probs, expected 2, 1 for each of its 2 tokens',
    )
  })
})
