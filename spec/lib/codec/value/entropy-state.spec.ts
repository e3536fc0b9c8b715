import { describe, expect, it } from 'vitest'
import { EntropyStateCodec } from '#lib/codec/value/entropy-state.js'
import { anEntropyState } from '#testing.js'
import { anyEntropyState } from './arbitraries.js'
import { complaints, keepsTheCodecLaws } from './laws.js'

describe('EntropyStateCodec', () => {
  keepsTheCodecLaws(EntropyStateCodec, anyEntropyState)

  it.each([
    [{ entropy: null }, 'entropy: found null, expected number'],
    [{ measuredChange: 'none' }, 'measuredChange: found "none", expected number or null'],
    [{ band: { low: '0', high: 1 } }, 'band.low: found "0", expected number'],
    [{ band: { low: 1, high: 0 } }, 'band: found low 1 and high 0, expected finite numbers with 0 <= low <= high'],
  ])('for %j reports "%s"', (but, message) => {
    expect(complaints(EntropyStateCodec, anEntropyState(), but)).toEqual([message])
  })

  it('lists the values of the drift', () => {
    expect(complaints(EntropyStateCodec, anEntropyState(), { drift: 2 })).toEqual([
      'drift: found 2, expected (-1 | 0 | 1)',
    ])
  })
})
