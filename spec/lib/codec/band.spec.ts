import * as E from 'fp-ts/lib/Either.js'
import * as t from 'io-ts'
import { describe, expect, it } from 'vitest'
import { BandCodec } from '#lib/codec/band.js'
import { errorsOf } from './value/laws.js'

const Configuration = t.type({ schedule: t.type({ from: BandCodec }) })

describe('BandCodec', () => {
  it('decodes what it encoded', () => {
    const band = { low: 0.1, high: 0.2 }
    expect(BandCodec.decode(BandCodec.encode(band))).toEqual(E.right(band))
  })

  it('drops other fields', () => {
    expect(BandCodec.decode({ low: 0.1, high: 0.2, note: 'mine' })).toEqual(E.right({ low: 0.1, high: 0.2 }))
  })

  it('names the field and both numbers of a band with low above high', () => {
    expect(errorsOf(Configuration.decode({ schedule: { from: { low: 0.7, high: 0.6 } } }))).toEqual([
      'schedule.from: found low 0.7 and high 0.6, expected finite numbers with 0 <= low <= high',
    ])
  })

  it('names no field where there is none', () => {
    expect(errorsOf(BandCodec.decode({ low: NaN, high: 1 }))).toEqual([
      'found low NaN and high 1, expected finite numbers with 0 <= low <= high',
    ])
  })

  it.each([
    [{ low: '0.1', high: 0.2 }, 'schedule.from.low: '],
    [{ low: 0.1 }, 'schedule.from.high: '],
    [null, 'schedule.from: '],
  ])('names the field of %j', (from, field) => {
    expect(errorsOf(Configuration.decode({ schedule: { from } })).join()).toContain(field)
  })

  it('recognises bands', () => {
    expect([{ low: 0, high: 1 }, { low: -0.1, high: 1 }, { low: 1, high: 0 }, { low: 0 }, 3].map(BandCodec.is)).toEqual(
      [true, false, false, false, false],
    )
  })
})
