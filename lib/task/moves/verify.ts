import { of } from 'rxjs'
import type { Verifier } from '../../reward/verifier.js'
import { endOf } from './path.js'
import type { Problem } from './problem.js'

/**
 * Verifier of moves: +1 for a path that ends at the target of the prompt, otherwise -1.
 *
 * The end of the path alone decides. A text that is no path has no answer that could be compared and the fault
 * `malformed`: a move is not allowed, or a result is wrong. A completion that is empty or was cut off has the fault
 * `no-answer`. The `answer` of a path is its end, such as `= 22`, so that all right paths have the same.
 */
export const verifier =
  (problemOf: (reference: string) => Problem): Verifier =>
  ({ reference }, { text, finish }) => {
    if (finish !== 'stop' || text === '') return of({ value: -1, correct: false, fault: 'no-answer' })
    const { start, target, moves } = problemOf(reference)
    const end = endOf(start, moves, text)
    if (end === null) return of({ value: -1, correct: false, fault: 'malformed' })
    const correct = end === target
    return of({ value: correct ? 1 : -1, correct, answer: `= ${end}` })
  }
