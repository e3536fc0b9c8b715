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
