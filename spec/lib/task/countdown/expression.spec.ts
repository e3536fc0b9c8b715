import { test } from '@fast-check/vitest'
import * as E from 'fp-ts/lib/Either.js'
import { describe, expect, it } from 'vitest'
import { type Expression, type Rational, textOf, valueOf } from '#lib/task/countdown/expression.js'
import { parse } from '#lib/task/countdown/parse.js'
import { anyExpression, leavesOf } from './expressions.js'

const read = (text: string): Expression => {
  const parsed = parse(text)
  if (E.isLeft(parsed)) throw new Error(`${text}: expected ${parsed.left.expected} at ${parsed.left.at}`)
  return parsed.right
}

/** Fraction of big integers that is never reduced. */
const schoolValue = (expression: Expression): readonly [bigint, bigint] | null => {
  if ('number' in expression) return [BigInt(expression.number), 1n]
  const [left, right] = [schoolValue(expression.left), schoolValue(expression.right)]
  if (left === null || right === null) return null
  const [[a, b], [c, d]] = [left, right]
  if (expression.operator === '/') return c === 0n ? null : [a * d, b * c]
  if (expression.operator === '*') return [a * c, b * d]
  return [expression.operator === '+' ? a * d + c * b : a * d - c * b, b * d]
}

const whole = (numerator: number): Rational => ({ numerator, denominator: 1 })
const commonDivisor = (a: number, b: number): number => (b === 0 ? Math.abs(a) : commonDivisor(b, a % b))

describe('valueOf', () => {
  it.each([
    ['7', whole(7)],
    ['2+3*4', whole(14)],
    ['(2+3)*4', whole(20)],
    ['8-3-2', whole(3)],
    ['8-(3-2)', whole(7)],
    ['24/4/2', whole(3)],
    ['24/(4/2)', whole(12)],
    ['8/(3-8/3)', whole(24)],
    ['6/4', { numerator: 3, denominator: 2 }],
    ['1/3+1/6', { numerator: 1, denominator: 2 }],
    ['2/(3-9)', { numerator: -1, denominator: 3 }],
    ['3-3', whole(0)],
    ['0/5', whole(0)],
  ])('of %s is exact', (text, value) => expect(valueOf(read(text))).toEqual(value))

  it.each(['1/0', '5/(3-3)', '1/(1/0)', '0*(1/0)', '2/(1/3-2/6)'])(
    'of %s is null, because it divides by zero',
    (text) => expect(valueOf(read(text))).toBeNull(),
  )

  test.prop([anyExpression])('agrees with unreduced fractions, in lowest terms with a positive denominator', (tree) => {
    const [value, school] = [valueOf(tree), schoolValue(tree)]
    expect(value === null).toBe(school === null)
    if (value === null || school === null) return
    expect(BigInt(value.numerator) * school[1]).toBe(school[0] * BigInt(value.denominator))
    expect(value.denominator).toBeGreaterThan(0)
    expect(commonDivisor(value.numerator, value.denominator)).toBe(1)
  })
})

describe('textOf', () => {
  it.each(['1+2+3', '1+2-3', '1-2+3', '1-(2+3)', '1-(2-3)', '2*3*4', '2*3/4', '2/(3*4)', '2/(3/4)', '2/3*4'])(
    'prints %s unchanged',
    (text) => expect(textOf(read(text))).toBe(text),
  )

  it.each([
    ['(1)', '1'],
    ['((1+2))', '1+2'],
    ['1+(2+3)', '1+2+3'],
    ['1+(2-3)', '1+2-3'],
    ['(1-2)-3', '1-2-3'],
    ['1+(2*3)', '1+2*3'],
    ['1-(2/3)', '1-2/3'],
    ['2*(3*4)', '2*3*4'],
    ['2*(3/4)', '2*3/4'],
    ['(2/3)/4', '2/3/4'],
    ['((1+2)*(3))', '(1+2)*3'],
    ['(8/((3-(8/3))))', '8/(3-8/3)'],
  ])('writes %s without what its value does not need: %s', (text, short) => expect(textOf(read(text))).toBe(short))

  test.prop([anyExpression])('is parsed to the same numbers in the same order, and to the same value', (tree) => {
    const again = read(textOf(tree))
    expect(leavesOf(again)).toEqual(leavesOf(tree))
    expect(valueOf(again)).toEqual(valueOf(tree))
  })

  test.prop([anyExpression])('is stable: a parsed text is printed the same', (tree) => {
    expect(textOf(read(textOf(tree)))).toBe(textOf(tree))
  })
})
