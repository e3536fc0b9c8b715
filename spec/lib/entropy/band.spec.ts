import * as E from 'fp-ts/lib/Either.js'
import { describe, expect, it } from 'vitest'
import { band } from '#lib/entropy/band.js'

describe('band', () => {
  it('accepts two ordered numbers, or the same number twice', () => {
    expect(band(0.1, 0.2)).toEqual(E.right({ low: 0.1, high: 0.2 }))
    expect(band(0.5, 0.5)).toEqual(E.right({ low: 0.5, high: 0.5 }))
  })

  it.each([
    [0.7, 0.6],
    [NaN, 0.6],
    [0.5, NaN],
    [0.5, Infinity],
    [-Infinity, 0.5],
  ])('rejects %f and %f and names both', (low, high) => {
    expect(band(low, high)).toEqual(
      E.left({
        _tag: 'BandError',
        low,
        high,
        message: `found low ${low} and high ${high}, expected finite numbers with low <= high`,
      }),
    )
  })
})
