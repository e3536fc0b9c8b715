import * as E from 'fp-ts/lib/Either.js'
import { of } from 'rxjs'
import type { Verifier } from '../../reward/reward.js'
import { valueOf } from './expression.js'
import { parse } from './parse.js'
import type { Problem } from './problem.js'

/** Whether the text makes the target of the numbers, each used once. Division is exact. */
export const solves = ({ numbers, target }: Problem, text: string): boolean => {
  // First, since a text with other numbers may be too long a sum, or too large a product, to work out.
  if (sorted(numbersIn(text)).join() !== sorted(numbers).join()) return false
  const parsed = parse(text)
  if (E.isLeft(parsed)) return false
  const value = valueOf(parsed.right)
  return value !== null && value.denominator === 1 && value.numerator === target
}

const numbersIn = (text: string): readonly number[] => (text.match(/\d+/g) ?? []).map(Number)

const sorted = (numbers: readonly number[]): readonly number[] => [...numbers].sort((a, b) => a - b)

/** +1 for an answer that solves the prompt's problem and ended by itself, -1 for any other. */
export const verifier =
  (problemOf: (reference: string) => Problem): Verifier =>
  ({ reference }, { text, finish }) => {
    const correct = finish === 'stop' && solves(problemOf(reference), text)
    return of({ value: correct ? 1 : -1, correct })
  }
