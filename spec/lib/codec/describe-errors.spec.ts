import * as E from 'fp-ts/lib/Either.js'
import * as t from 'io-ts'
import { describe, expect, it } from 'vitest'
import { BandCodec } from '#lib/codec/band.js'
import { describeErrors, firstMismatch, formatValue, placeIn } from '#lib/codec/describe-errors.js'

const Shape = t.union([t.type({ radius: t.number }), t.type({ width: t.number, height: t.number })], 'Shape')
const Drawing = t.intersection([
  t.type({ name: t.string, shapes: t.readonlyArray(Shape) }),
  t.partial({ band: BandCodec, limit: t.union([t.number, t.null]) }),
])
const drawing = { name: 'a', shapes: [{ radius: 1 }] }

const errors = (but: object) => {
  const decoded = Drawing.decode({ ...drawing, ...but })
  return E.isLeft(decoded) ? decoded.left : []
}

describe('describeErrors', () => {
  it.each([
    ['a field, without the members of an intersection', { name: 7 }, ['name: found 7, expected string']],
    ['a missing field', { name: undefined }, ['name: found nothing, expected string']],
    [
      'every field',
      { name: 7, limit: '1' },
      ['name: found 7, expected string', 'limit: found "1", expected (number | null)'],
    ],
    ['a union once', { shapes: [{}, { radius: 1 }] }, ['shapes.0: found {}, expected Shape']],
    [
      'the inner field of the variant that was meant',
      { shapes: [{ width: 1 }] },
      ['shapes.0: found {"width":1}, expected Shape'],
    ],
    [
      'a codec message with the path before it',
      { band: { low: 2, high: 1 } },
      ['band: found low 2 and high 1, expected finite numbers with 0 <= low <= high'],
    ],
  ])('names %s', (_, but, lines) => expect(describeErrors(errors(but))).toEqual(lines))

  it('names no field for the value itself', () => {
    const decoded = BandCodec.decode(3)
    expect(E.isLeft(decoded) && describeErrors(decoded.left)).toEqual(['found 3, expected a band: low and high'])
  })
})

describe('firstMismatch', () => {
  it('splits the message of a codec into found and expected', () => {
    expect(firstMismatch(errors({ band: { low: 2, high: 1 } }))).toMatchObject({
      keys: ['band'],
      path: 'band',
      found: 'low 2 and high 1',
      expected: 'finite numbers with 0 <= low <= high',
    })
  })
})

describe('formatValue', () => {
  it.each([
    [undefined, 'nothing'],
    [null, 'null'],
    [NaN, 'NaN'],
    ['a "b"', '"a \\"b\\""'],
    ['x'.repeat(100), `"${'x'.repeat(80)}"`],
    [[], '[]'],
    [[1, 'a', null], '[1,"a",null]'],
    [[[1]], 'an array of 1'],
    [Array.from({ length: 100 }, () => 0), 'an array of 100'],
    [{ low: 1, high: Infinity }, '{"low":1,"high":Infinity}'],
    [{ band: { low: 1 } }, 'an object'],
    [{ text: 'x'.repeat(80) }, 'an object'],
  ])('formats %j as %s', (value, text) => expect(formatValue(value)).toBe(text))
})

describe('placeIn', () => {
  it('names the field of a file, or the file itself', () => {
    expect(placeIn('run.json', 'band.low')).toBe('run.json, band.low')
    expect(placeIn('run.json', '')).toBe('run.json')
  })
})
