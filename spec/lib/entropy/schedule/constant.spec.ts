import { describe, expect, it } from 'vitest'
import { constantBand } from '#lib/entropy/schedule/constant.js'

describe('constant', () => {
  it('is the same band at every step', () => {
    const band = { low: 0.5, high: 0.6 }
    expect([0, 1, 1e9].map(constantBand(band))).toEqual([band, band, band])
  })

  it('rejects a band with low > high', () => {
    expect(() => constantBand({ low: 0.6, high: 0.5 })).toThrow(
      new RangeError('constant: found low 0.6 and high 0.5, expected finite numbers with low <= high'),
    )
  })
})
