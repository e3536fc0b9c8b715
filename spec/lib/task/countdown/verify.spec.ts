import { test } from '@fast-check/vitest'
import { firstValueFrom, from } from 'rxjs'
import { describe, expect, it } from 'vitest'
import type { FinishReason } from '#lib/rollout/completion.js'
import { textOf, valueOf } from '#lib/task/countdown/expression.js'
import { verifier } from '#lib/task/countdown/verify.js'
import { anyExpression, leavesOf } from './expressions.js'
import { solves } from './solves.js'

const problem = { numbers: [3, 5, 7], target: 56 }

describe('solves', () => {
  it.each(['7*(3+5)', '(5+3)*7', '(3+5)*7', '7*(5+3)', '((3+5))*(7)'])('accepts %s for 3 5 7=56', (text) =>
    expect(solves(problem, text)).toBe(true),
  )

  it.each([
    ['another value', '7+3*5'],
    ['a number less', '7*8'],
    ['a number more', '7*(3+5)*1'],
    ['a number twice', '7*(3+5)+7-7'],
    ['another number', '28*2'],
    ['numbers glued together', '35+7+14'],
    ['no expression', '7*(3+5'],
    ['the numbers alone', '3 5 7'],
    ['nothing', ''],
    ['the answer with its target', '7*(3+5)=56'],
    ['spaces', '7 * (3 + 5)'],
    ['a sign', '-7*(3+5)'],
  ])('refuses %s', (_, text) => expect(solves(problem, text)).toBe(false))

  it('accepts numbers in any order, each as often as it is given', () => {
    expect(solves({ numbers: [2, 2, 3], target: 7 }, '2+3+2')).toBe(true)
    expect(solves({ numbers: [2, 3, 3], target: 7 }, '2+3+2')).toBe(false)
  })

  it('computes with exact fractions', () => {
    expect(solves({ numbers: [3, 3, 8, 8], target: 24 }, '8/(3-8/3)')).toBe(true)
    expect(solves({ numbers: [1, 3, 3], target: 1 }, '1/3*3')).toBe(true)
    expect(solves({ numbers: [1, 2], target: 0 }, '1/2')).toBe(false)
    expect(solves({ numbers: [1, 2], target: 1 }, '1/2')).toBe(false)
  })

  it('refuses a division by zero', () => {
    expect(solves({ numbers: [0, 3, 3], target: 0 }, '0*3/3')).toBe(true)
    expect(solves({ numbers: [1, 3, 3], target: 0 }, '1/(3-3)')).toBe(false)
  })

  test.prop([anyExpression])('accepts an expression for its own value and numbers', (tree) => {
    const value = valueOf(tree)
    const numbers = leavesOf(tree)
    const target = value?.numerator ?? 0
    expect(solves({ numbers, target }, textOf(tree))).toBe(value?.denominator === 1)
    expect(solves({ numbers, target: target + 1 }, textOf(tree))).toBe(false)
    expect(solves({ numbers: [...numbers, 1], target }, textOf(tree))).toBe(false)
  })

  it.each([
    ['a long sum', '1+'.repeat(100_000) + '1'],
    ['a product beyond all numbers', '999999999*'.repeat(100) + '1'],
    ['deep parentheses', '('.repeat(100_000) + '1' + ')'.repeat(100_000)],
    ['a long number', '1'.repeat(100_000)],
  ])('refuses %s and comes through', (_, text) => expect(solves({ numbers: [1], target: 1 }, text)).toBe(false))
})

describe('verifier', () => {
  const judge = (text: string, finish: FinishReason) => {
    const verify = verifier((reference) => {
      expect(reference).toBe('the problem')
      return problem
    })
    const prompt = { id: 'p', text: '?', tokens: [], reference: 'the problem' }
    const completion = { tokens: new Int32Array(0), logprobs_T: new Float32Array(0), text, finish, version: 0 }
    return firstValueFrom(from(verify(prompt, completion)))
  }

  it('gives +1 to a right answer', async () => {
    expect(await judge('7*(3+5)', 'stop')).toEqual({ value: 1, correct: true, answer: '= 56' })
  })

  it.each([
    ['7+3*5', '= 22'],
    ['7/3-5', '= -8/3'],
    ['', ''],
    ['7*(', '7*('],
    ['7 * 8', '7*8'],
    ['= 56', '=56'],
  ])('gives -1 to %j, an answer that is never that of a right one', async (text, answer) => {
    expect(await judge(text, 'stop')).toEqual({ value: -1, correct: false, answer })
  })

  it('gives all expressions of one value the same answer', async () => {
    expect((await judge('(5+3)*7', 'stop')).answer).toBe((await judge('7*(3+5)', 'stop')).answer)
  })

  it('gives -1 to a right answer that was cut off', async () => {
    expect(await judge('7*(3+5)', 'length')).toEqual({ value: -1, correct: false })
  })
})
