import { fc, test } from '@fast-check/vitest'
import * as E from 'fp-ts/lib/Either.js'
import { describe, expect, it } from 'vitest'
import { WaypointsCodec } from '#lib/codec/waypoints.js'
import { anyWaypoints } from './value/arbitraries.js'
import { errorsOf } from './value/laws.js'

const band = { low: 0.4, high: 0.5 }
const complaints = (input: unknown) => errorsOf(WaypointsCodec.decode(input))

describe('WaypointsCodec', () => {
  test.prop([anyWaypoints])('decodes what it encoded', (points) => {
    expect(WaypointsCodec.decode(JSON.parse(JSON.stringify(WaypointsCodec.encode(points))))).toEqual(E.right(points))
    expect(WaypointsCodec.is(points)).toBe(true)
  })

  test.prop([anyWaypoints, fc.nat()])('refuses points whose steps do not rise', (points, step) => {
    expect(WaypointsCodec.is([...points, { step, band }, { step, band }])).toBe(false)
  })

  it.each([
    [
      [
        { step: 2, band },
        { step: 2, band },
      ],
      'found steps [2, 2], expected whole numbers from 0, each above the one before',
    ],
    [[{ step: -1, band }], 'found steps [-1], expected whole numbers from 0, each above the one before'],
    [[{ step: 0.5, band }], 'found steps [0.5], expected whole numbers from 0, each above the one before'],
    [
      [{ step: 0, band: { low: 1, high: 0 } }],
      '0.band: found low 1 and high 0, expected finite numbers with 0 <= low <= high',
    ],
  ])('for %j reports "%s"', (points, message) => expect(complaints(points)).toEqual([message]))

  it('refuses a value that is no list of points', () => {
    for (const none of [null, {}, [1], [{ step: '1', band }], [{ step: 1 }]])
      expect(E.isLeft(WaypointsCodec.decode(none))).toBe(true)
  })
})
