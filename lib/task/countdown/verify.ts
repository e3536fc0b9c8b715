import * as E from 'fp-ts/lib/Either.js'
import { of } from 'rxjs'
import type { Verifier } from '../../reward/verifier.js'
import { type Rational, valueOf } from './expression.js'
import { parse } from './parse.js'
import type { Problem } from './problem.js'

/** Returns the value of a text that is an expression with each of the numbers once; null for any other text. */
export const valueWith = (numbers: readonly number[], text: string): Rational | null => {
  // The numbers are checked first, because a text with other numbers may be too long or too large to compute.
  if (sort(numbersIn(text)).join() !== sort(numbers).join()) return null
  const parsed = parse(text)
  return E.isLeft(parsed) ? null : valueOf(parsed.right)
}

/** Returns whether an exact value is the target. */
const isWhole = ({ numerator, denominator }: Rational, target: number): boolean =>
  denominator === 1 && numerator === target

const numbersIn = (text: string): readonly number[] => (text.match(/\d+/g) ?? []).map(Number)

const sort = (numbers: readonly number[]): readonly number[] => [...numbers].sort((a, b) => a - b)

/**
 * Verifier of countdown: +1 for an answer that solves the problem of the prompt and ends with the end token, otherwise -1.
 *
 * Expressions with the same value have the same `answer`, such as `= 56` or `= 7/2`. The `answer` of a text without a
 * value is the text, and a completion that was cut off has none.
 */
export const verifier =
  (problemOf: (reference: string) => Problem): Verifier =>
  ({ reference }, { text, finish }) => {
    if (finish !== 'stop') return of({ value: -1, correct: false })
    const { numbers, target } = problemOf(reference)
    const value = valueWith(numbers, text)
    const correct = value !== null && isWhole(value, target)
    return of({
      value: correct ? 1 : -1,
      correct,
      answer: value === null ? text.replaceAll(' ', '') : valueText(value),
    })
  }

const valueText = ({ numerator, denominator }: Rational): string =>
  denominator === 1 ? `= ${numerator}` : `= ${numerator}/${denominator}`
