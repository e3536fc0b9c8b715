import * as E from 'fp-ts/lib/Either.js'
import type { Expression, Operator } from './expression.js'

/** Error of a text that is not an expression. */
export interface ParseError {
  /** Position in the text. */
  readonly at: number
  /** Text that was expected there. */
  readonly expected: string
}

/** Largest depth of nested parentheses. Without a limit, a text of parentheses would exhaust the stack. */
const DEEPEST = 100

/**
 * Parses an arithmetic expression by recursive descent, without computing its value.
 *
 *     sum = product (('+' | '-') product)*      product = factor (('*' | '/') factor)*
 *     factor = digits | '(' sum ')'
 */
export const parse = (text: string): E.Either<ParseError, Expression> => {
  const reader = { text, at: 0 }
  const whole = sum(reader, 0)
  return E.isRight(whole) && reader.at < text.length ? failAt(reader, 'an operator or the end') : whole
}

/** Text and the position up to which it is read. */
interface Reader {
  readonly text: string
  at: number
}

type Part = (reader: Reader, depth: number) => E.Either<ParseError, Expression>

const factor: Part = (reader, depth) => {
  const number = takeNumber(reader)
  if (number !== null) return E.right({ number })
  if (reader.text[reader.at] !== '(' || depth === DEEPEST) return failAt(reader, 'a number or "("')
  reader.at++
  const inner = sum(reader, depth + 1)
  if (E.isLeft(inner)) return inner
  if (reader.text[reader.at] !== ')') return failAt(reader, '")"')
  reader.at++
  return inner
}

/** Parser of parts that are joined by operators, from left to right. */
const chain =
  (part: Part, ...joints: readonly Operator[]): Part =>
  (reader, depth) => {
    let left = part(reader, depth)
    for (
      let operator = takeOperator(reader, joints);
      E.isRight(left) && operator;
      operator = takeOperator(reader, joints)
    ) {
      const right = part(reader, depth)
      if (E.isLeft(right)) return right
      left = E.right({ operator, left: left.right, right: right.right })
    }
    return left
  }

const product = chain(factor, '*', '/')
const sum = chain(product, '+', '-')

const takeOperator = (reader: Reader, operators: readonly Operator[]): Operator | undefined => {
  const found = operators.find((operator) => operator === reader.text[reader.at])
  if (found !== undefined) reader.at++
  return found
}

/** Reads a number of at most nine digits. A longer number is not part of an answer. */
const takeNumber = (reader: Reader): number | null => {
  numberHere.lastIndex = reader.at
  const digits = numberHere.exec(reader.text)?.[0]
  if (digits === undefined) return null
  reader.at += digits.length
  return Number(digits)
}

/** Sticky pattern: it matches at `lastIndex` only. */
const numberHere = /\d{1,9}/y

const failAt = ({ at }: Reader, expected: string): E.Either<ParseError, Expression> => E.left({ at, expected })
