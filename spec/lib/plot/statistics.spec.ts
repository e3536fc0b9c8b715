import { fc, test } from '@fast-check/vitest'
import { describe, expect, it } from 'vitest'
import { median } from '#lib/statistics.js'
import { leastSquares, meanWithError, smooth } from '#lib/plot/statistics.js'

const numbers = fc.array(fc.double({ min: -1e3, max: 1e3, noNaN: true }), { minLength: 1, maxLength: 40 })

describe('smooth', () => {
  it('is the mean of nine values, and of fewer at the ends', () => {
    const squares = Array.from({ length: 11 }, (_, i) => i * i)
    expect(smooth(squares)).toEqual([
      (0 + 1 + 4 + 9 + 16) / 5,
      (0 + 1 + 4 + 9 + 16 + 25) / 6,
      (0 + 1 + 4 + 9 + 16 + 25 + 36) / 7,
      (0 + 1 + 4 + 9 + 16 + 25 + 36 + 49) / 8,
      (0 + 1 + 4 + 9 + 16 + 25 + 36 + 49 + 64) / 9,
      (1 + 4 + 9 + 16 + 25 + 36 + 49 + 64 + 81) / 9,
      (4 + 9 + 16 + 25 + 36 + 49 + 64 + 81 + 100) / 9,
      (9 + 16 + 25 + 36 + 49 + 64 + 81 + 100) / 8,
      (16 + 25 + 36 + 49 + 64 + 81 + 100) / 7,
      (25 + 36 + 49 + 64 + 81 + 100) / 6,
      (36 + 49 + 64 + 81 + 100) / 5,
    ])
  })

  it('keeps gaps, and leaves them out of the means', () => {
    expect(smooth([1, null, 3])).toEqual([2, null, 2])
    expect(smooth([null])).toEqual([null])
    expect(smooth([])).toEqual([])
  })

  it('can use the median, which one outlier does not move', () => {
    expect(smooth([1, 1, 1000, 2, 2], median)).toEqual([2, 2, 2, 2, 2])
  })

  test.prop([numbers])('stays within the range of its values', (values) => {
    const [low, high] = [Math.min(...values) - 1e-9, Math.max(...values) + 1e-9]
    for (const value of smooth(values)) expect(value! >= low && value! <= high).toBe(true)
  })
})

describe('meanWithError', () => {
  it('has the sample standard deviation over the root of the count as error', () => {
    expect(meanWithError([1, 3, 5, 7])).toEqual({ mean: 4, error: expect.closeTo(Math.sqrt(20 / 3) / 2, 12) as number })
    expect(meanWithError([0.25, 0.75])).toEqual({ mean: 0.5, error: 0.25 })
  })

  it('has no error for one value', () => expect(meanWithError([4])).toEqual({ mean: 4, error: null }))

  test.prop([numbers, fc.integer({ min: -100, max: 100 })])(
    'moves with its values and keeps its error',
    (values, by) => {
      const [here, there] = [meanWithError(values), meanWithError(values.map((value) => value + by))]
      expect(there.mean - by).toBeCloseTo(here.mean, 6)
      if (values.length > 1) expect(there.error).toBeCloseTo(here.error!, 6)
    },
  )
})

describe('leastSquares', () => {
  test.prop([
    fc.integer({ min: -9, max: 9 }),
    fc.integer({ min: -9, max: 9 }),
    fc.uniqueArray(fc.integer({ min: -50, max: 50 }), { minLength: 2 }),
  ])('finds the line that points lie on', (slope, intercept, xs) => {
    const fit = leastSquares(xs.map((x) => ({ x, y: intercept + slope * x })))!
    expect(fit.slope).toBeCloseTo(slope, 8)
    expect(fit.intercept).toBeCloseTo(intercept, 8)
  })

  it('fits points that lie on no line', () => {
    const points = [
      { x: 0, y: 1 },
      { x: 1, y: 0 },
      { x: 2, y: 2 },
    ]
    expect(leastSquares(points)).toEqual({ slope: 0.5, intercept: 0.5 })
  })

  it('has no line for no points, or for points with equal x', () => {
    expect(leastSquares([])).toBeNull()
    expect(leastSquares([0, 1].map((y) => ({ x: 3, y })))).toBeNull()
  })
})
