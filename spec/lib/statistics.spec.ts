import { fc, test } from '@fast-check/vitest'
import { describe, expect, it } from 'vitest'
import { mean, median, populationVariance, quantile, sampleVariance, sum } from '#lib/statistics.js'

const numbers = fc.array(fc.double({ min: -1e3, max: 1e3, noNaN: true }), { minLength: 1, maxLength: 40 })

describe('sum and mean', () => {
  it('read lists and typed arrays', () => {
    expect(sum([1, 2, 4])).toBe(7)
    expect(mean(Uint8Array.of(1, 2, 6))).toBe(3)
  })

  it('of an empty list are 0 and NaN', () => {
    expect(sum([])).toBe(0)
    expect(mean([])).toBeNaN()
  })

  test.prop([numbers])('add the values in their order, to the last bit', (values) => {
    const expected = values.reduce((total, value) => total + value, 0)
    expect(sum(values)).toBe(expected)
    expect(mean(values)).toBe(expected / values.length)
  })
})

describe('median', () => {
  it.each([
    [[7], 7],
    [[3, 1], 2],
    [[9, 1, 2], 2],
    [[4, 1, 3, 100], 3.5],
  ])('of %j is %d', (values, expected) => expect(median(values)).toBe(expected))

  it('of an empty list is NaN', () => expect(median([])).toBeNaN())

  test.prop([numbers])('is the quantile of one half', (values) => {
    expect(quantile(Float64Array.from(values).sort(), 0.5)).toBeCloseTo(median(values), 9)
  })
})

describe('quantile', () => {
  it.each([
    [0, 10],
    [0.25, 17.5],
    [0.75, 35],
    [1, 50],
  ])('share %d of [10, 20, 30, 50] is %d', (share, expected) => {
    expect(quantile([10, 20, 30, 50], share)).toBeCloseTo(expected, 12)
  })

  it('of an empty list is NaN', () => expect(quantile([], 0.5)).toBeNaN())
})

describe('variance', () => {
  it('divides by N - 1 for a sample and by N for a population', () => {
    expect(sampleVariance([1, 3, 5, 7])).toBeCloseTo(20 / 3, 12)
    expect(populationVariance([1, 3, 5, 7])).toBe(5)
  })

  it('of too few values is NaN', () => {
    expect(sampleVariance([4])).toBeNaN()
    expect(populationVariance([4])).toBe(0)
    expect(populationVariance([])).toBeNaN()
  })
})
