import { fc, test } from '@fast-check/vitest'
import * as E from 'fp-ts/lib/Either.js'
import { describe, expect, it } from 'vitest'
import { textOf } from '#lib/task/countdown/expression.js'
import { parse } from '#lib/task/countdown/parse.js'
import { anyExpression } from './expressions.js'

const alphabet = '0123456789+-*/()= :'
const character = fc.constantFrom(...Array.from(alphabet))

/** Expressions with a few characters removed and others inserted. */
const nearly = fc
  .tuple(
    anyExpression,
    fc.array(fc.tuple(fc.nat(40), fc.nat(1), fc.oneof(character, fc.constant(''))), { maxLength: 3 }),
  )
  .map(([tree, edits]) =>
    edits.reduce((text, [at, lost, put]) => text.slice(0, at) + put + text.slice(at + lost), textOf(tree)),
  )

const anyText = fc.oneof(fc.string({ unit: character, maxLength: 30 }), nearly)

/** Independent check: replaces innermost parentheses by numbers until none are left. */
const isExpression = (text: string): boolean => {
  const folded = text.replaceAll('(N)', 'N').replaceAll(/\(N(?:[-+*/]N)+\)/g, 'N')
  return folded === text ? /^N(?:[-+*/]N)*$/.test(text) : isExpression(folded)
}
const isWellFormed = (text: string) => isExpression(text.replaceAll(/\d+/g, ({ length }) => (length > 9 ? 'X' : 'N')))

const number = (n: number) => ({ number: n })

describe('parse', () => {
  it('gives * and / precedence over + and -, and groups from the left', () => {
    expect(parse('1-2-3*4/5')).toEqual(
      E.right({
        operator: '-',
        left: { operator: '-', left: number(1), right: number(2) },
        right: {
          operator: '/',
          left: { operator: '*', left: number(3), right: number(4) },
          right: number(5),
        },
      }),
    )
  })

  it('reads numbers of up to nine digits', () => {
    expect(parse('999999999')).toEqual(E.right(number(999_999_999)))
    expect(parse('007')).toEqual(E.right(number(7)))
  })

  it.each([
    ['', 0, 'a number or "("'],
    ['-1', 0, 'a number or "("'],
    ['1*-2', 2, 'a number or "("'],
    ['1+', 2, 'a number or "("'],
    ['1+*2', 2, 'a number or "("'],
    ['+', 0, 'a number or "("'],
    ['()', 1, 'a number or "("'],
    ['(', 1, 'a number or "("'],
    [')', 0, 'a number or "("'],
    ['(1+2', 4, '")"'],
    ['(1 2)', 2, '")"'],
    ['1)', 1, 'an operator or the end'],
    ['1 + 2', 1, 'an operator or the end'],
    [' 1', 0, 'a number or "("'],
    ['1 ', 1, 'an operator or the end'],
    ['2(3)', 1, 'an operator or the end'],
    ['(2)3', 3, 'an operator or the end'],
    ['1+2=3', 3, 'an operator or the end'],
    ['1.5', 1, 'an operator or the end'],
    ['1e3', 1, 'an operator or the end'],
    ['1234567890', 9, 'an operator or the end'],
    ['١', 0, 'a number or "("'],
  ])('refuses %j, saying where and what it expected', (text, at, expected) => {
    expect(parse(text)).toEqual(E.left({ at, expected }))
  })

  test.prop([anyText], { numRuns: 1000 })('parses well-formed texts, refuses all others, and never throws', (text) => {
    const parsed = parse(text)
    expect(E.isRight(parsed)).toBe(isWellFormed(text))
    if (E.isRight(parsed)) return
    expect(parsed.left.at).toBeGreaterThanOrEqual(0)
    expect(parsed.left.at).toBeLessThanOrEqual(text.length)
  })

  it('parses 100 nested parentheses and no more', () => {
    const nested = (depth: number) => '('.repeat(depth) + '1' + ')'.repeat(depth)
    expect(parse(nested(100))).toEqual(E.right(number(1)))
    expect(parse(nested(101))).toEqual(E.left({ at: 100, expected: 'a number or "("' }))
  })

  it.each([
    ['parentheses', '('.repeat(100_000)],
    ['parentheses that close', '('.repeat(100_000) + '1' + ')'.repeat(100_000)],
    ['sums that have no end', '1+'.repeat(100_000)],
  ])('refuses 100,000 %s', (_, text) => expect(E.isLeft(parse(text))).toBe(true))
})
