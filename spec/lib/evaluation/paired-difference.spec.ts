import { fc, test } from '@fast-check/vitest'
import { describe, expect, it } from 'vitest'
import { evaluationOf } from '#lib/evaluation/evaluation.js'
import { pairedDifference } from '#lib/evaluation/paired-difference.js'

const counts = (...correct: readonly number[]) => correct.map((c) => ({ n: 4, c }))
const anyPairs = fc.array(fc.tuple(fc.integer({ min: 0, max: 4 }), fc.integer({ min: 0, max: 4 })), {
  minLength: 1,
  maxLength: 12,
})

describe('pairedDifference', () => {
  it('is the mean over the questions of result minus baseline', () => {
    const { meanAtK, passAtK } = pairedDifference(counts(4, 1, 0), counts(2, 1, 1), [2, 4], 7)
    expect(meanAtK.value).toBeCloseTo((0.5 + 0 - 0.25) / 3, 14)
    expect(Object.keys(passAtK)).toEqual(['2', '4'])
    // pass@2 of 2 in 4 is 1 - (2 * 1) / (4 * 3), and of 1 in 4 it is a half.
    expect(passAtK[2]!.value).toBeCloseTo((1 / 6 + 0 - 1 / 2) / 3, 14)
    expect(passAtK[4]!.value).toBeCloseTo(-1 / 3, 14)
  })

  it('has no interval if the difference is the same at every question, however hard the questions are', () => {
    const { value, low, high } = pairedDifference(counts(1, 2, 3, 4), counts(0, 1, 2, 3), [], 7).meanAtK
    expect([value, low, high]).toEqual([0.25, 0.25, 0.25])
  })

  it('has the interval of the resampled differences', () => {
    const gains = Array.from({ length: 400 }, (_, q) => (q % 2 === 0 ? 3 : 1))
    const { low, high } = pairedDifference(counts(...gains), counts(...gains.map(() => 2)), [], 1).meanAtK
    const half = (1.96 * 0.25) / Math.sqrt(400)
    expect(Math.abs(low + half)).toBeLessThan(0.004)
    expect(Math.abs(high - half)).toBeLessThan(0.004)
  })

  test.prop([anyPairs, fc.nat()])(
    'is the difference of the two evaluations, and changes its sign with the order',
    (pairs, seed) => {
      const [results, baseline] = [counts(...pairs.map(([a]) => a)), counts(...pairs.map(([, b]) => b))]
      const forward = pairedDifference(results, baseline, [2], seed)
      const back = pairedDifference(baseline, results, [2], seed)
      const [of, than] = [results, baseline].map((each) =>
        evaluationOf(
          each.map((count) => ({ ...count, tokens: 4, majority: null })),
          [2],
          seed,
        ),
      )
      for (const [difference, opposite, score, other] of [
        [forward.meanAtK, back.meanAtK, of!.meanAtK, than!.meanAtK],
        [forward.passAtK[2]!, back.passAtK[2]!, of!.passAtK[2]!, than!.passAtK[2]!],
      ] as const) {
        expect(difference.value).toBeCloseTo(score.value - other.value, 12)
        expect(opposite.value).toBeCloseTo(-difference.value, 12)
        expect(opposite.low).toBeCloseTo(-difference.high, 12)
        expect(opposite.high).toBeCloseTo(-difference.low, 12)
      }
    },
  )

  it('refuses other questions, and a k above the number of samples', () => {
    expect(() => pairedDifference(counts(1, 2), counts(1), [], 7)).toThrow(
      new RangeError('baseline_Q: found 1 questions, expected 2'),
    )
    expect(() => pairedDifference(counts(1), counts(1), [8], 7)).toThrow(
      new RangeError('k: found 8, expected an integer in 1..4'),
    )
  })
})
