import { fc, test } from '@fast-check/vitest'
import { describe, expect, it } from 'vitest'
import { crossedBootstrap, differences, saturationStep, seedInterval } from '#bench/paper/statistics.js'

const matrices = fc.integer({ min: 1, max: 4 }).chain((questions) =>
  fc.array(fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { minLength: questions, maxLength: questions }), {
    minLength: 1,
    maxLength: 4,
  }),
)

describe('the bootstrap over seeds and questions', () => {
  test.prop([matrices], { numRuns: 20 })(
    'has its mean inside the range of the values, and its interval too',
    (values) => {
      const { value, low, high } = crossedBootstrap(values)
      const all = values.flat()
      expect(low).toBeLessThanOrEqual(high)
      for (const number of [value, low, high]) {
        expect(number).toBeGreaterThanOrEqual(Math.min(...all) - 1e-12)
        expect(number).toBeLessThanOrEqual(Math.max(...all) + 1e-12)
      }
    },
  )

  it('is the same at every call', () => {
    const values = [
      [0, 1, 1],
      [1, 0, 1],
    ]
    expect(crossedBootstrap(values)).toEqual(crossedBootstrap(values))
  })

  it('is wider over seeds that differ than over questions alone', () => {
    const questions = Array.from({ length: 100 }, (_, q) => q % 2)
    const same = crossedBootstrap([questions, questions, questions])
    const different = crossedBootstrap([questions, questions.map((x) => x - 1), questions.map((x) => x + 1)])
    expect(different.value).toBeCloseTo(same.value, 12)
    expect(different.high - different.low).toBeGreaterThan(2 * (same.high - same.low))
  })

  it('has the standard error of the mean over questions: about 0.098 on either side for 100 fair coins', () => {
    const { low, high } = crossedBootstrap([Array.from({ length: 100 }, (_, q) => q % 2)])
    expect(high - low).toBeGreaterThan(0.17)
    expect(high - low).toBeLessThan(0.22)
  })

  it('is NaN without values', () => {
    expect(crossedBootstrap([]).value).toBeNaN()
    expect(crossedBootstrap([]).low).toBeNaN()
  })
})

describe('the interval over seeds', () => {
  it('is that of Student for a mean', () => {
    const { value, low, high } = seedInterval([[1], [2], [3], [4], [5]])
    expect(value).toBe(3)
    // 3 -+ 2.776 sqrt(2.5 / 5)
    expect(low).toBeCloseTo(1.037, 3)
    expect(high).toBeCloseTo(4.963, 3)
  })

  it('is that of the jackknife for a statistic of means', () => {
    const { value, low, high } = seedInterval(
      [
        [2, 1],
        [4, 3],
      ],
      ([a = 0, b = 1]) => a / b,
    )
    expect(value).toBe(1.5)
    // The jackknife values are 2 x 1.5 - 4/3 and 2 x 1.5 - 2: 4/3 -+ 12.706 / 3.
    expect(low).toBeCloseTo(4 / 3 - 12.706 / 3, 9)
    expect(high).toBeCloseTo(4 / 3 + 12.706 / 3, 9)
  })

  it('does not exist for one seed', () => {
    expect(seedInterval([[0.7]])).toEqual({ value: 0.7, low: NaN, high: NaN })
  })
})

describe('saturation', () => {
  /** Scores of 200 questions, of which the given share is right. */
  const scores = (share: number) => [Array.from({ length: 200 }, (_, q) => (q < 200 * share ? 1 : 0))]
  const steps = [0, 100, 200, 300]

  it('is the step after which no score rises by more than its interval', () => {
    expect(saturationStep(steps, [0.2, 0.5, 0.5, 0.5].map(scores))).toBe(100)
    expect(saturationStep(steps, [0.2, 0.5, 0.505, 0.5].map(scores))).toBe(100)
  })

  it('is the last step for a score that rises to the end', () => {
    expect(saturationStep(steps, [0.2, 0.3, 0.4, 0.5].map(scores))).toBe(300)
  })

  it('is the first step for a score that never rises', () => {
    expect(saturationStep(steps, [0.4, 0.3, 0.4, 0.2].map(scores))).toBe(0)
  })

  it('compares with the best score so far, not with the last one', () => {
    expect(saturationStep(steps, [0.2, 0.5, 0.3, 0.45].map(scores))).toBe(100)
  })
})

it('differences are taken element by element', () => {
  expect(differences([[3, 2]], [[1, 5]])).toEqual([[2, -3]])
})
