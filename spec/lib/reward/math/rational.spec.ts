import { fc, test } from '@fast-check/vitest'
import { describe, expect, it } from 'vitest'
import { isWithin, rational, readNumber, rationalText } from '#lib/reward/math/rational.js'

describe('readNumber', () => {
  it.each([
    ['42', '42'],
    ['-7', '-7'],
    ['- 7', '-7'],
    ['--7', '7'],
    ['+7', '7'],
    ['007', '7'],
    ['.5', '1/2'],
    ['5.', '5'],
    ['-0.25', '-1/4'],
    ['1.5e3', '1500'],
    ['1.5e-3', '3/2000'],
    ['1.5 \\times 10^{3}', '1500'],
    ['2\\cdot 10^4', '20000'],
    ['1/2', '1/2'],
    ['-6/4', '-3/2'],
    ['1.5/3', '1/2'],
    ['3:4', '3/4'],
    ['\\frac{1}{2}', '1/2'],
    ['\\frac{-3}{6}', '-1/2'],
    ['-\\frac{3}{-6}', '1/2'],
    ['1\\frac{1}{2}', '3/2'],
    ['-1\\frac{1}{2}', '-3/2'],
    ['2 3/4', '11/4'],
    ['1 000 000', '1000000'],
    ['0.\\overline{3}', '1/3'],
    ['1.2\\overline{36}', '68/55'],
  ])('%s is %s', (text, value) => {
    expect(rationalText(readNumber(text)!.value)).toBe(value)
  })

  it.each(['', '-', '.', 'x', '1/0', '\\frac{1}{0}', '1 2', '1 22', '1e401', '1e-401', '1.2.3', '1/2/3', '\\sqrt{2}'])(
    '%j is no number',
    (text) => {
      expect(readNumber(text)).toBeNull()
    },
  )

  it('counts the decimal places', () => {
    const places = ['1.250', '3', '1/2', '1.5e3'].map((text) => readNumber(text)!.places)
    expect(places).toEqual([3, 0, null, null])
  })

  test.prop([fc.bigInt(-(10n ** 12n), 10n ** 12n), fc.bigInt(1n, 10n ** 6n)])(
    'reads the text that rationalText prints',
    (numerator, denominator) => {
      const value = rational(numerator, denominator)!
      expect(readNumber(rationalText(value))!.value).toEqual(value)
      expect(rational(-numerator, -denominator)).toEqual(value)
    },
  )

  test.prop([fc.double({ noNaN: true, noDefaultInfinity: true, min: -1e15, max: 1e15 })])(
    'reads every double as JavaScript does',
    (x) => {
      const { numerator, denominator } = readNumber(String(x))!.value
      const [scale, digits] = [10n ** 400n, 400]
      expect(Number(`${String((numerator * scale) / denominator)}e-${digits}`)).toBe(x === 0 ? 0 : x)
    },
  )
})

test('isWithin allows half of the last place', () => {
  const third = rational(1n, 3n)!
  expect(isWithin(third, readNumber('0.333333')!.value, 6)).toBe(true)
  expect(isWithin(third, readNumber('0.333334')!.value, 6)).toBe(false)
  expect(isWithin(rational(1n, 2n)!, rational(1n, 1n)!, 0)).toBe(true)
})
