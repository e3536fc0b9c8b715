import { fc, test } from '@fast-check/vitest'
import { describe, expect, it } from 'vitest'
import { startCensus } from '#lib/census.js'

const censusOf = (...parts: readonly ArrayLike<number>[]) => {
  const counting = startCensus()
  for (const part of parts) counting.add(part)
  return counting.result()
}

describe('a census', () => {
  it('summarises the finite numbers, and counts the others', () => {
    expect(censusOf([1, -3], [NaN, 5, Infinity, -Infinity])).toEqual({
      count: 6,
      nan: 1,
      infinite: 2,
      min: -3,
      max: 5,
      mean: 1,
      firstBad: 2,
    })
  })

  it('has no range without a finite number', () => {
    const none = { min: null, max: null, mean: null }
    expect(censusOf()).toEqual({ count: 0, nan: 0, infinite: 0, ...none, firstBad: null })
    expect(censusOf([NaN])).toEqual({ count: 1, nan: 1, infinite: 0, ...none, firstBad: 0 })
  })

  test.prop([fc.array(fc.double()), fc.nat(20)])('does not depend on how the numbers are divided', (values, at) => {
    expect(censusOf(values.slice(0, at), values.slice(at))).toEqual(censusOf(values))
  })
})
