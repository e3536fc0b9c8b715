import { readFile } from 'node:fs/promises'
import { fc, test } from '@fast-check/vitest'
import { describe, expect, it } from 'vitest'
import { hasValue, isEqual, isEqualTo, signOfRatio } from '#lib/reward/math/algebra/algebra.js'
import { evaluate } from '#lib/reward/math/algebra/evaluate.js'
import { parseExpression } from '#lib/reward/math/algebra/parse-expression.js'
import { cpuMsSince } from '../../../cpu-time.js'

const values = JSON.parse(await readFile('spec/golden/math-values.json', 'utf8')) as [string, number, number][]

/** Returns whether a value is right to nine decimal places. */
const isAt = (latex: string, re: number, im: number): boolean => {
  const value = evaluate(parseExpression(latex)!, new Map(), { digits: 60, staysReal: false })
  return value !== null && Math.hypot(value.re.toNumber() - re, value.im.toNumber() - im) < 5e-10
}

describe('the algebra', () => {
  it('finds the values of SymPy', () => {
    expect(values.filter(([latex, re, im]) => !isAt(latex, re, im)).map(([latex]) => latex)).toEqual([])
  })

  it('finds no other values', () => {
    const others = [-1, 1].flatMap((sign) => values.filter(([latex, re, im]) => isAt(latex, re + sign * 1e-6, im)))
    const turned = values.filter(([latex, re, im]) => Math.abs(im) > 1e-6 && isAt(latex, re, -im))
    expect([...others, ...turned]).toEqual([])
  })

  it.each([
    ['x^2-1', '(x-1)(x+1)'],
    ['\\sin^2 x+\\cos^2 x', '1'],
    ['\\frac{x^2-1}{x-1}', 'x+1'],
    ['a_1+a_2', 'a_{2}+a_{1}'],
    ['\\binom{5}{2}', '10'],
    ['\\binom{n}{2}+n', '\\binom{n+1}{2}'],
    ['\\frac{1}{1+i}', '\\frac{1-i}{2}'],
    ['2^{100}', '1267650600228229401496703205376'],
    ['100!', '100\\cdot 99!'],
    ['n!', 'n\\cdot(n-1)!'],
    ['e^{2\\ln 3}', '9'],
    ['\\sqrt{1/n}', '\\frac{1}{\\sqrt{n}}'],
    ['\\ln(ab)', '\\ln a+\\ln b'],
    ['\\sqrt{x-100}\\cdot\\sqrt{x+100}', '\\sqrt{x^2-10000}'],
    ['\\arcsin x+\\arccos x', '\\frac{\\pi}{2}'],
    ['\\sqrt{(x-100)^2}', '|100-x|'],
    ['(-1)^n', '\\cos(n\\pi)'],
    ['abc', 'cba'],
    ['N+1', '1+N'],
    ['\\Gamma\\Pi D', 'D\\Pi\\Gamma'],
    ['\\arctan 2', '\\tan^{-1}(2)'],
    ['\\frac{\\sqrt{6}-\\sqrt{2}}{4}', '\\sin 15^\\circ'],
    ['2^{10^6}', '4^{500000}'],
    ['2\\cdot 2^{999999}', '2^{10^6}'],
    ['10^{10^{10}}', '100^{5\\cdot 10^9}'],
    ['\\sqrt[3]{-8}', '-2'],
    ['\\frac{\\log 8}{\\log 2}', '3'],
    ['(a+b+c)^5', '(c+a+b)^5'],
  ])('%s is %s', (a, b) => {
    expect(isEqual(a, b)).toBe(true)
    expect(isEqual(b, a)).toBe(true)
  })

  it.each([
    ['x', 'y'],
    ['x^2', 'x^3'],
    ['\\sqrt{x^2}', 'x'],
    ['a_1', 'a_2'],
    ['2^{100}', '2^{100}+1'],
    ['\\frac{1}{0}', '\\frac{2}{0}'],
    ['1 2', '12'],
    ['2^{100}-1', '2^{100}'],
    ['100!', '100!+1'],
    ['1000000!', '1000000!+1'],
    ['\\frac{1}{2^{100}}', '\\frac{1}{2^{100}+1}'],
    ['\\pi', '\\frac{355}{113}'],
    ['\\sqrt{2}\\cdot 10^{-9}', '\\sqrt{3}\\cdot 10^{-9}'],
    ['e^{-24}', '0'],
    ['e^{-10^{10}}', '0'],
    ['e^{-10^{20}}', '0'],
    ['10^{-10^{10}}', '0'],
    ['\\frac{\\pi}{10^{10}}', '\\frac{2\\pi}{10^{10}}'],
    ['\\frac{x^{14}}{14!}', '\\frac{x^{15}}{15!}'],
    ['10^{12}+\\pi', '10^{12}+3'],
    ['10^{500}+\\pi', '10^{500}+3'],
    ['10^{600}\\sin 1+1', '10^{600}\\sin 1+2'],
    ['123456789n+1', '123456789n+2'],
    ['x+10^{-30}', 'x'],
    ['\\ln(x+10^{-50})', '\\ln x'],
    ['\\sin(x+10^{-60})', '\\sin x'],
    ['\\sqrt{10^{200}+1}', '10^{100}'],
    ['e^{\\pi\\sqrt{163}}', '262537412640768744'],
    ['2^{10^6}', '2^{10^6}+1'],
    ['2\\cdot 2^{999999}', '2^{10^6}+1'],
    ['10^{10^{10}}', '10^{10^{11}}'],
    ['|x-100|', '100-x'],
    ['\\max(x,1000)', '1000'],
    ['\\ln(a+b)', '\\ln a+\\ln b'],
    ['-abc', 'abc'],
    ['abc-d', 'abcd'],
    ['\\log x', '\\ln x'],
    ['2\\infty', '\\infty'],
    ['\\frac{\\infty}{\\infty}', '1'],
  ])('%s is not %s', (a, b) => {
    expect(isEqual(a, b)).toBe(false)
    expect(isEqual(b, a)).toBe(false)
  })

  const magnitude = fc.integer({ min: -300, max: 300 })
  const atom = fc.constantFrom('x', 'n^2', '\\pi', '\\sqrt{7}', '\\sin 1', 'e^2', '\\ln x', '1')
  test.prop([magnitude, atom, atom, fc.integer({ min: 1, max: 999 })])(
    'a small term beside a large or tiny one counts',
    (power, large, small, factor) => {
      const [a, b] = [`10^{${power}}${large}+${factor}${small}`, `10^{${power}}${large}+${factor + 1}${small}`]
      expect(isEqual(a, b)).toBe(false)
      expect(isEqual(a, `${factor}${small}+10^{${power}}${large}`)).toBe(true)
    },
  )

  it('compares a number with its rounding', () => {
    expect(isEqualTo('\\pi', '3.14159265', 8)).toBe(true)
    expect(isEqualTo('\\pi', '3.14159266', 8)).toBe(false)
    expect(isEqualTo('x', 'x', 8)).toBe(false)
  })

  it('finds the sign of the factor between two sides', () => {
    expect(signOfRatio('2x-2', 'x-1')).toBe(1)
    expect(signOfRatio('y-(2x+3)', '2x-y+3')).toBe(-1)
    expect(signOfRatio('\\sqrt{2}x-2', 'x-\\sqrt{2}')).toBe(1)
    expect(signOfRatio('\\sin x', '-2\\sin x')).toBe(-1)
    expect(signOfRatio('x-123456789', 'x-987654321')).toBeNull()
    expect(signOfRatio('x^2+y^2-10^{10}', 'x^2+y^2-10^{12}')).toBeNull()
    expect(signOfRatio('x^2', 'x')).toBeNull()
    expect(signOfRatio('x', '0')).toBeNull()
    expect(signOfRatio('0', 'x')).toBeNull()
  })

  it.each([
    '9^{9^{9^9}}',
    '1000000!',
    '((5!)!)!',
    '\\sum_{k=1}^{10^9} k',
    '\\int_0^1 x dx',
    '\\frac{1}{',
    '\\frac{1}{0}',
    'x^',
    '1+',
    '\\foo{3}',
    '2\\sin',
    '',
  ])('%j has no value', (latex) => {
    expect(hasValue(latex)).toBe(false)
  })

  it.each([
    '10^{10^{10}}',
    '2^{2^{100}}',
    '(10^{1000})^{1000}',
    '2^{2^{x^{100}}}',
    '1000000000!',
    '9'.repeat(900),
    '(x+y+z+w)^{500}',
    '(a+b+c+d+e)^{99}(a+b)^{99}',
    `${'2^{'.repeat(18)}2${'}'.repeat(18)}`,
    `${'e^{'.repeat(18)}x${'}'.repeat(18)}`,
    `${'\\sqrt{'.repeat(18)}2${'}'.repeat(18)}`,
    `${'\\sin('.repeat(18)}x${')'.repeat(18)}`,
    `${'\\frac{1}{x+'.repeat(18)}1${'}'.repeat(18)}`,
    `${'2^'.repeat(400)}2`,
    `${'-'.repeat(900)}1`,
    '\\sin(10^{400})',
    '\\gcd(10^{3000},7^{3000})',
    '\\lcm(10^{3000},7^{3000})',
    '\\lfloor 10^{4000}\\pi\\rfloor',
  ])('%j is compared with bounded work', (latex) => {
    const start = process.cpuUsage()
    for (const other of ['7', '\\sqrt{2}+x', '\\sin x']) expect(isEqual(latex, other)).toBe(false)
    expect(cpuMsSince(start)).toBeLessThan(20_000)
  })
})
