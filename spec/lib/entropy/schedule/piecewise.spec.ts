import { describe, expect, it } from 'vitest'
import { piecewiseBand } from '#lib/entropy/schedule/piecewise.js'

const a = { low: 0.6, high: 0.7 }
const b = { low: 0.4, high: 0.5 }
const c = { low: 0.1, high: 0.2 }

describe('piecewise', () => {
  const at = piecewiseBand([
    { step: 10, band: a },
    { step: 20, band: b },
    { step: 21, band: c },
  ])

  it('holds the first band before its step and the last band after its step', () => {
    expect([at(0), at(10), at(21), at(1000)]).toEqual([a, a, c, c])
  })

  it('is linear between points', () => {
    expect(at(15).low).toBeCloseTo(0.5, 14)
    expect(at(15).high).toBeCloseTo(0.6, 14)
  })

  it('jumps between two points one step apart', () => {
    expect([at(20), at(21)]).toEqual([b, c])
  })

  it('holds the band of a single point at every step', () => {
    expect([0, 5, 9].map(piecewiseBand([{ step: 5, band: a }]))).toEqual([a, a, a])
  })

  it.each([
    [[], 'piecewise: found no points, expected at least one'],
    [
      [
        { step: 5, band: a },
        { step: 4, band: b },
      ],
      'piecewise[1].step: found 4, expected a finite number > 5',
    ],
    [
      [
        { step: 5, band: a },
        { step: 5, band: b },
      ],
      'piecewise[1].step: found 5, expected a finite number > 5',
    ],
    [[{ step: NaN, band: a }], 'piecewise[0].step: found NaN, expected a finite number > -Infinity'],
    [
      [
        { step: 0, band: a },
        { step: 1, band: { low: 2, high: 1 } },
      ],
      'piecewise[1].band: found low 2 and high 1, expected finite numbers with low <= high',
    ],
  ])('rejects %j', (points, message) => {
    expect(() => piecewiseBand(points)).toThrow(new RangeError(message))
  })
})
