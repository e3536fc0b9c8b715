import { fc, test } from '@fast-check/vitest'
import { describe, expect, it } from 'vitest'
import { readStructure } from '#lib/reward/math/read-structure.js'
import { anyAnswer, isSame } from './answers.js'
import { cpuMsSince } from '../../../cpu-time.js'

describe('answers that are the same', () => {
  it.each([
    ['units', '5\\text{ cm}', '5'],
    ['units of their own', '18 eggs per day', '18'],
    ['currency', '\\$1,500.00', '1500'],
    ['degrees', '90^\\circ', '90'],
    ['a percentage', '50\\%', '0.5'],
    ['a percentage that was asked for', '50\\%', '50'],
    ['thousands', '12,345,678', '12345678'],
    ['thousands in LaTeX', '1{,}000', '1\\,000'],
    ['a mixed number', '1\\frac12', '1 1/2'],
    ['a period', '0.\\overline{3}', '\\frac{1}{3}'],
    ['a rounding', '\\frac{1}{3}', '0.333333'],
    ['a rounding of what needs algebra', '\\pi', '3.14159265'],
    ['fractions as they are written', '\\dfrac12', '\\tfrac{1}{2}'],
    ['Unicode', '−½', '-0.5'],
    ['roots', '√12', '2\\sqrt3'],
    ['plain text', '2*sqrt(3)', '2\\sqrt{3}'],
    ['powers in plain text', 'x**10', 'x^{10}'],
    ['an assignment', 'x = 5', '5'],
    ['a function', 'f(x) = x^2', 'x^2'],
    ['a sum that says its value', '2 + 3 = 5', '5'],
    ['sets', '\\{1, 2, 3\\}', '\\{3, 1, 2\\}'],
    ['a set without braces', '1 \\text{ and } 2', '2, 1'],
    ['a set of one', '\\{5\\}', '5'],
    ['a set by condition', '\\{x \\mid x > 5\\}', '(5, \\infty)'],
    ['both signs', '1 \\pm \\sqrt{2}', '1 - \\sqrt{2}, 1 + \\sqrt{2}'],
    ['the empty set', '\\varnothing', '\\text{no solution}'],
    ['points', '\\left( \\frac12, 3 \\right)', '(0.5, 3)'],
    ['a point without brackets', '(1, 2)', '1, 2'],
    ['a point of variables', '(x, y) = (1, 2)', '(1, 2)'],
    ['vectors', '\\begin{pmatrix} 1 \\\\ 2 \\end{pmatrix}', '(1, 2)'],
    ['matrices', '\\begin{bmatrix} 1 & 2 \\\\ 3 & 4 \\end{bmatrix}', '\\begin{pmatrix}1&2\\\\3&4\\end{pmatrix}'],
    ['intervals', '[0, \\frac{1}{2})', '[0, 0.5)'],
    ['an inequality', '-2 \\le x < 4', '[-2, 4)'],
    ['an inequality turned round', '5 < x', 'x > 5'],
    ['a variable in a set', 'x \\in [1, 2]', '[1, 2]'],
    ['what a variable is not', 'x \\ne 0', '(-\\infty, 0) \\cup (0, \\infty)'],
    ['unions', '(-\\infty, 1) \\cup (2, 3)', '(2, 3) \\cup (-\\infty, 1)'],
    ['two inequalities', 'x < 1 \\text{ or } x > 2', '(-\\infty, 1) \\cup (2, \\infty)'],
    ['all numbers', '\\mathbb{R}', '(-\\infty, \\infty)'],
    ['equations', 'y = 2x + 3', '2x - y + 3 = 0'],
    ['inequalities up to a factor', '2x + 2y < 4', 'x + y < 2'],
    ['words', '\\text{Tuesday}', 'tuesday'],
    ['choices', '\\text{(A)}', 'A'],
    ['algebra', '(x - 1)(x + 1)', 'x^2 - 1'],
    ['binomials', '\\binom{n}{2}', '\\frac{n(n-1)}{2}'],
    ['a product of letters', 'abc', 'cba'],
    ['a word', 'Tuesday', '\\text{tuesday}'],
    ['an article', '\\text{a parabola}', 'parabola'],
    ['a numeral', '42\\text{ million}', '42000000'],
    ['a numeral in plain text', '2.5 million', '2500000'],
    ['a dozen', '2\\text{ dozen eggs}', '24'],
    ['times of day', '12:00 PM', '12:00\\text{ p.m.}'],
    ['units with exponents', '9.8\\,\\mathrm{m\\,s^{-2}}', '9.8'],
    ['names of one unit', '5\\text{ m/s}', '5\\text{ meters per second}'],
    ['cubic units', '8\\text{ cm}^3', '8\\text{ cubic centimeters}'],
    ['a quotient of units', '100 km/h', '100'],
    ['ordinals', '5^{\\text{th}}', '5'],
    ['a thin negative space', '11,\\! 111', '11111'],
    ['thousands with apostrophes', "1'234'567", '1234567'],
    ['thousands with points', '1.234.567', '1234567'],
    ['a base', '52_8', '52_{8}'],
    ['a base beside brackets', '52_8', '(52)_8'],
    ['a base in words', '52_{\\text{eight}}', '52_8'],
    ['both signs in a list', '3, \\pm 1', '1, -1, 3'],
    ['both signs of a name', 'x=\\pm 2', 'x=2\\text{ or }x=-2'],
    ['bold', '\\boldsymbol{7}', '7'],
    ['a font switch', '{\\bf 7}', '7'],
    ['colour', '\\color{red}{7}', '{\\color{blue}7}'],
    ['the letter of a choice', '\\textbf{(D)}\\ 12', 'D'],
    ['the value of a choice', '\\textbf{(D)}\\ 12', '12'],
    ['an inverse function', '\\arctan 2', '\\tan^{-1}(2)'],
    ['named values', 'x=1,y=2', 'y=2,x=1'],
    ['named values as a point', 'x=1,y=2', '(1,2)'],
    ['values of one name', 'x=1, 2', '1, 2'],
    ['a chain of equations', 'x=2+3=5', '5'],
    ['a formula and its value', 'P=2(l+w)=2(3+4)=14', '14'],
    ['a rounded result', '100/3=33.33', '33.33'],
    ['the name of a segment', 'AB=5', '5'],
    ['a name in words', '\\text{Area}=12', '12'],
    ['an interval with brackets outwards', ']1,4]', '(1,4]'],
    ['what is only compared as it is written', 'x\\equiv 3\\pmod 5', 'x \\equiv 3 \\pmod{5}'],
  ])('%s: %s is %s', (_, a, b) => {
    expect(isSame(a, b)).toBe(true)
    expect(isSame(b, a)).toBe(true)
  })
})

describe('answers that are not the same', () => {
  it.each([
    ['points', '(1, 2)', '(2, 1)'],
    ['a point and a set', '(1, 2)', '\\{1, 2\\}'],
    ['ends of intervals', '[1, 2]', '(1, 2)'],
    ['a member missing', '\\{1, 2\\}', '\\{1, 2, 3\\}'],
    ['one sign of two', '1 \\pm \\sqrt{2}', '1 + \\sqrt{2}'],
    ['fewer places', '\\frac{1}{3}', '0.333'],
    ['a wrong sixth place', '\\frac{1}{3}', '0.333334'],
    ['percentages', '20\\%', '25\\%'],
    ['a percentage of a hundredth', '20\\%', '0.02'],
    ['thousands', '1,000', '1'],
    ['digits with a space', '12', '1 2'],
    ['inequalities with other signs', 'x > 5', 'x \\ge 5'],
    ['inequalities the other way', 'x + y < 2', 'x + y > 2'],
    ['equations', 'y = 2x + 3', 'y = 2x + 4'],
    ['an equation and its right side', 'x^2 = 4', '4'],
    ['words', 'east', 'west'],
    ['large numbers', '2^{100}', '2^{100} - 1'],
    ['variables', 'x', 'y'],
    ['a product of letters and its opposite', '-abc', 'abc'],
    ['a difference and a product of letters', 'abc-d', 'abcd'],
    ['formulas with a minus sign', 'V=abc', 'V=-abc'],
    ['words with the same letters', '\\text{east}', '\\text{seat}'],
    ['solutions with large numbers', 'x=123456789', 'x=987654321'],
    ['circles with large radii', 'x^2+y^2=10^{10}', 'x^2+y^2=10^{12}'],
    ['a numeral', '42', '42\\text{ million}'],
    ['digits in braces', '2', '{1}{2}'],
    ['values of several names', '5', 'x=5,y=5'],
    ['a percentage of something', '100', '100\\text{ percent more}'],
    ['two numerals', '2.5 million', '2.5 billion'],
    ['fractions in words', '5', '5\\text{ tenths}'],
    ['an abbreviated numeral', '5', '5\\text{ k}'],
    ['a qualifier', '42', '42\\text{ or more}'],
    ['a qualifier in plain text', '42', '42 or more'],
    ['a qualifier before the number', '42', '\\text{at least }42'],
    ['a negation', '42', '\\text{not }42'],
    ['halves of the day', '12:00 AM', '12:00 PM'],
    ['times that are not ratios', '2:30', '1:15'],
    ['units of one kind', '5\\text{ km}', '5\\text{ m}'],
    ['powers of a unit', '5\\text{ m}', '5\\text{ m}^2'],
    ['money', '\\$5', '5\\text{ cents}'],
    ['an open decimal', '42', '42...'],
    ['a base and none', '52_8', '52'],
    ['a base and the value', '52_8', '42'],
    ['bases', '47_8', '47_9'],
    ['named values in another order', 'x=1,y=2', '2,1'],
    ['names', 'x=5', 'y=5'],
    ['names of inequalities', 'x>5', 'y>5'],
    ['names of ranges', '1<x<2', '1<y<2'],
    ['a false equation', '3', '2=3'],
    ['a false chain', '4', 'x=2+3=4'],
    ['letters of choices', '\\textbf{(D)}\\ 12', 'C'],
    ['choices with other values', '\\text{(D) }12', '\\text{(D) }13'],
    ['a tiny number rounded to 0', '10^{-8}', '0.0000000'],
    ['something beside a number', '5', '5\\pm 1'],
    ['a unit with a factor', '5', '5\\text{ k}x'],
    ['rows and columns', '\\begin{pmatrix}1&2\\\\3&4\\end{pmatrix}', '\\begin{pmatrix}1&3\\\\2&4\\end{pmatrix}'],
  ])('%s: %s is not %s', (_, a, b) => {
    expect(isSame(a, b)).toBe(false)
    expect(isSame(b, a)).toBe(false)
  })
})

describe('laws', () => {
  const options = { numRuns: 300 }

  test.prop([anyAnswer.filter((text) => readStructure(text) !== null)], options)('an answer equals itself', (text) => {
    expect(isSame(text, text)).toBe(true)
  })

  const read = fc.tuple(anyAnswer, anyAnswer).filter((pair) => pair.every((text) => readStructure(text) !== null))
  test.prop([read], options)('equality is symmetric', ([a, b]) => {
    expect(isSame(a, b)).toBe(isSame(b, a))
  })

  const wayOf = (n: number, d: number): readonly string[] => {
    const [whole, rest] = [Math.floor(n / d), n % d]
    return [
      `${n}/${d}`,
      `\\frac{${n}}{${d}}`,
      `\\dfrac{${3 * n}}{${3 * d}}`,
      String(n / d),
      `${(100 * n) / d}\\%`,
      `${whole}\\frac{${rest}}{${d}}`,
      `${whole} ${rest}/${d}`,
      `x = \\frac{${n}}{${d}}`,
      `${n}/${d} \\text{ cups}`,
      `${n / d}e0`,
    ]
  }
  const way = fc.nat(9)
  test.prop([fc.nat(9999), fc.constantFrom(2, 4, 5, 8, 10, 25), way, way])(
    'a number is the same in every notation',
    (n, d, one, other) => {
      expect(isSame(wayOf(n, d)[one]!, wayOf(n, d)[other]!)).toBe(true)
      // Percentages are left out, because they may also mean a hundredth.
      expect(isSame(wayOf(n, d)[one]!, wayOf(n + 1, d)[other]!)).toBe(false)
    },
  )

  test.prop([fc.uniqueArray(fc.integer(), { minLength: 1, maxLength: 6 }), fc.infiniteStream(fc.nat())])(
    'a set is the same in every order',
    (numbers, draws) => {
      const shuffled = [...numbers].sort(() => draws.next().value - 2 ** 30)
      expect(isSame(`\\{${numbers.join(', ')}\\}`, `\\{${shuffled.join(', ')}\\}`)).toBe(true)
      expect(isSame(`\\{${numbers.join(', ')}\\}`, `\\{${numbers.slice(1).join(', ')}\\}`)).toBe(false)
    },
  )
})

describe('unreadable answers', () => {
  it.each([
    ['nothing', ''],
    ['brackets that do not close', '(1, 2'],
    ['braces that do not close', '\\frac{1}{2'],
    ['brackets that were not opened', '1, 2)'],
    ['a long text', '1+'.repeat(600) + '1'],
    ['a deep text', '('.repeat(30) + '1' + ')'.repeat(30)],
  ])('%s', (_, text) => {
    expect(readStructure(text)).toBeNull()
  })

  it('a set with many members is compared in reasonable time', () => {
    const roots = Array.from({ length: 110 }, (_, n) => `√${n + 2}`)
    const start = process.cpuUsage()
    expect(isSame(roots.join(), roots.toReversed().join())).toBe(true)
    expect(isSame(roots.join(), roots.slice(1).join())).toBe(false)
    expect(cpuMsSince(start)).toBeLessThan(20_000)
  })
})
