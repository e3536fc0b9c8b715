import * as E from 'fp-ts/lib/Either.js'
import { of } from 'rxjs'
import type { Verifier } from '../../reward/verifier.js'
import { type Rational, valueOf } from './expression.js'
import { parse } from './parse.js'
import type { Problem } from './problem.js'

/** What the text is worth, made of the numbers, each used once; null for any other text. */
export const valueWith = (numbers: readonly number[], text: string): Rational | null => {
  // First, since a text with other numbers may be too long a sum, or too large a product, to work out.
  if (sorted(numbersIn(text)).join() !== sorted(numbers).join()) return null
  const parsed = parse(text)
  return E.isLeft(parsed) ? null : valueOf(parsed.right)
}

/** Division is exact. */
const isWhole = ({ numerator, denominator }: Rational, target: number): boolean =>
  denominator === 1 && numerator === target

const numbersIn = (text: string): readonly number[] => (text.match(/\d+/g) ?? []).map(Number)

const sorted = (numbers: readonly number[]): readonly number[] => [...numbers].sort((a, b) => a - b)

/**
 * +1 for an answer that solves the prompt's problem and ended by itself, -1 for any other.
 *
 * All ways to make one value of the numbers are one answer, `= 56` or `= 7/2`; a text that makes nothing of them is its
 * own, and one that did not end is none.
 */
export const verifier =
  (problemOf: (reference: string) => Problem): Verifier =>
  ({ reference }, { text, finish }) => {
    if (finish !== 'stop') return of({ value: -1, correct: false })
    const { numbers, target } = problemOf(reference)
    const value = valueWith(numbers, text)
    const correct = value !== null && isWhole(value, target)
    return of({ value: correct ? 1 : -1, correct, answer: value === null ? text.replaceAll(' ', '') : told(value) })
  }

const told = ({ numerator, denominator }: Rational): string =>
  denominator === 1 ? `= ${numerator}` : `= ${numerator}/${denominator}`
