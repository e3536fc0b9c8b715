import { scoreMatrices } from '#lib/batch/score-matrices.js'
import { fc, test } from '@fast-check/vitest'
import { describe, expect, it } from 'vitest'
import { demonstrationBatch } from '#lib/batch/demonstration-batch.js'
import type { Demonstration } from '#lib/rollout/demonstration.js'
import { aPrompt } from '#testing.js'

const aDemonstration = (length: number, id = `${length}`): Demonstration => ({
  prompt: aPrompt(id),
  text: `${length} tokens`,
  tokens: Array.from({ length }, (_, t) => t + 1),
})

describe('demonstrationBatch', () => {
  it('builds one accepted response with advantage 1 for each demonstration', () => {
    const batch = demonstrationBatch(4, [aDemonstration(2), aDemonstration(1)])
    expect(batch).toMatchObject({ step: 4, width: 2, failures: [], zeroVarianceGroups: 0, state: { step: 4 } })
    expect(batch.accepted_B).toEqual([true, true])
    expect(batch.advantages_B).toEqual(Float32Array.of(1, 1))
    expect(batch.responses[1]).toEqual({
      prompt: aPrompt('1'),
      group: 1,
      reward: { value: 1, correct: true },
      completion: {
        tokens: Int32Array.of(1),
        logprobs_T: Float32Array.of(0),
        text: '1 tokens',
        finish: 'stop',
        version: 0,
      },
    })
  })

  test.prop([fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 1, maxLength: 6 })])(
    'trains every token and no padding',
    (lengths) => {
      const { width, mask_BT, scores } = demonstrationBatch(
        0,
        lengths.map((length) => aDemonstration(length)),
      )
      expect(width).toBe(Math.max(...lengths))
      const expected = lengths.flatMap((length) => Array.from({ length: width }, (_, t) => (t < length ? 1 : 0)))
      expect([...mask_BT]).toEqual(expected)
      for (const [, matrix_BT] of scoreMatrices(scores)) expect([...matrix_BT]).toEqual(expected.map(() => 0))
    },
  )

  it('does not change its argument', () => {
    const given = [aDemonstration(3)]
    const before = structuredClone(given)
    const { responses } = demonstrationBatch(0, given)
    responses[0]!.completion.tokens.fill(9)
    expect(given).toEqual(before)
  })
})
