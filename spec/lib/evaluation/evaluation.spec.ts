import { describe, expect, it } from 'vitest'
import { evaluationOf } from '#lib/evaluation/evaluation.js'

const results = [
  { n: 4, c: 1, tokens: 40, majority: null },
  { n: 4, c: 4, tokens: 20, majority: null },
  { n: 4, c: 0, tokens: 60, majority: null },
]

describe('evaluationOf', () => {
  it('takes means over questions', () => {
    const evaluation = evaluationOf(results, [1, 2, 4], 7)
    expect(evaluation).toMatchObject({ prompts: 3, samples: 12, meanTokens: 10, truncated: 0 })
    const cut = results.map((result, i) => ({ ...result, truncated: i }))
    expect(evaluationOf(cut, [1], 7).truncated).toBe(3 / 12)
    expect(evaluation.meanAtK.value).toBeCloseTo(1.25 / 3, 14)
    expect(Object.keys(evaluation.passAtK)).toEqual(['1', '2', '4'])
    expect(evaluation.passAtK[2]?.value).toBeCloseTo(1.5 / 3, 14)
    expect(evaluation.passAtK[4]?.value).toBeCloseTo(2 / 3, 14)
  })

  it('resamples the same questions for every interval: pass@1 equals the mean', () => {
    const { meanAtK, passAtK } = evaluationOf(results, [1], 7)
    expect(passAtK[1]?.low).toBeCloseTo(meanAtK.low, 12)
    expect(passAtK[1]?.high).toBeCloseTo(meanAtK.high, 12)
  })

  it('has maj@k if the verifier gives answers; a question without answers counts as incorrect', () => {
    expect(evaluationOf(results, [1], 7).majAtK).toBeNull()
    const answered = results.map((result, i) => ({ ...result, majority: [1, 0.5, null][i]! }))
    expect(evaluationOf(answered, [1], 7).majAtK?.value).toBeCloseTo(0.5, 14)
  })

  it('depends on the seed alone', () => {
    expect(evaluationOf(results, [2], 7)).toEqual(evaluationOf(results, [2], 7))
  })

  it('rejects a k above the number of samples', () => {
    expect(() => evaluationOf(results, [8], 7)).toThrow(new RangeError('k: found 8, expected an integer in 1..4'))
  })
})
