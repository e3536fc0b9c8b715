import * as E from 'fp-ts/lib/Either.js'
import type { Expression, Operator } from './expression.js'

/** Text that is no expression: where, and what was expected there. */
export interface ParseError {
  readonly at: number
  readonly expected: string
}

/** Nesting beyond this is no answer: a text of parentheses must not exhaust the stack. */
const DEEPEST = 100

/**
 * Reads arithmetic by recursive descent; nothing is evaluated.
 *
 *     sum = product (('+' | '-') product)*      product = factor (('*' | '/') factor)*
 *     factor = digits | '(' sum ')'
 */
export const parse = (text: string): E.Either<ParseError, Expression> => {
  let at = 0
  const take = (...operators: readonly Operator[]): Operator | undefined => {
    const found = operators.find((operator) => operator === text[at])
    if (found !== undefined) at++
    return found
  }
  const chain = (part: Reader, ...operators: readonly Operator[]): Reader => {
    return (depth) => {
      let left = part(depth)
      for (let operator = take(...operators); E.isRight(left) && operator; operator = take(...operators)) {
        const right = part(depth)
        if (E.isLeft(right)) return right
        left = E.right({ operator, left: left.right, right: right.right })
      }
      return left
    }
  }
  const factor: Reader = (depth) => {
    const digits = /^\d{1,9}/.exec(text.slice(at))?.[0]
    if (digits !== undefined) {
      at += digits.length
      return E.right({ number: Number(digits) })
    }
    if (text[at] !== '(' || depth === DEEPEST) return failed(at, 'a number or "("')
    at++
    const inner = sum(depth + 1)
    if (E.isLeft(inner)) return inner
    if (text[at] !== ')') return failed(at, '")"')
    at++
    return inner
  }
  const sum = chain(chain(factor, '*', '/'), '+', '-')
  const whole = sum(0)
  return E.isRight(whole) && at < text.length ? failed(at, 'an operator or the end') : whole
}

type Reader = (depth: number) => E.Either<ParseError, Expression>

const failed = (at: number, expected: string): E.Either<ParseError, Expression> => E.left({ at, expected })
