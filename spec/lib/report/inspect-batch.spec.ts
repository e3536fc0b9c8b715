import { describe, expect, it } from 'vitest'
import { inspectBatch } from '#lib/report/inspect-batch.js'
import { aFilteredBatch } from '#testing.js'

/** Two responses, of one token and of two: row-major [2, 2], where place 1 is padding. */
const batch = aFilteredBatch(3, [1, -1])
const fieldOf = (of: typeof batch, name: string) => inspectBatch(of).find(({ field }) => field === name)!

describe('inspectBatch', () => {
  it('has every field that an update reads', () => {
    const { scores, width, responses } = batch
    const matrix_BT = new Float32Array(responses.length * width)
    const full = {
      ...batch,
      scores: { ...scores, tempered: { temperature: 0.5, logprobs_BT: matrix_BT } },
      referenceLogprobs_BT: matrix_BT,
      importance_BT: matrix_BT,
    }
    expect(inspectBatch(full).map(({ field, census }) => [field, census.count])).toEqual([
      ['reward', 2],
      ['advantages_B', 2],
      ['completion.logprobs_T', 3],
      ['scores.logprobs_BT', 3],
      ['scores.entropy_BT', 3],
      ...['s_BT', 'expectedS_BT', 'squares_BT'].map((name) => [`scores.distribution.${name}`, 3] as const),
      ['scores.tempered.logprobs_BT', 3],
      ['referenceLogprobs_BT', 3],
      ['importance_BT', 3],
    ])
    expect(inspectBatch(batch)).toHaveLength(8)
  })

  it('names the response and the token of the first number that is not finite', () => {
    const { scores } = batch
    const bad = {
      ...batch,
      advantages_B: batch.advantages_B.with(1, Infinity),
      scores: { ...scores, logprobs_BT: scores.logprobs_BT.with(3, NaN) },
    }
    expect(fieldOf(bad, 'advantages_B')).toMatchObject({ firstBadAt: 'response 1', census: { infinite: 1 } })
    expect(fieldOf(bad, 'scores.logprobs_BT')).toMatchObject({ firstBadAt: 'response 1, token 1', census: { nan: 1 } })
    expect(fieldOf(bad, 'scores.entropy_BT').firstBadAt).toBeNull()
  })

  it('leaves padding out', () => {
    const { scores } = batch
    const padded = { ...batch, scores: { ...scores, logprobs_BT: scores.logprobs_BT.with(1, NaN) } }
    expect(fieldOf(padded, 'scores.logprobs_BT').firstBadAt).toBeNull()
  })
})
