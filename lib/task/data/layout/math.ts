import * as t from 'io-ts'
import { Answer, BoxedAnswer } from './answer.js'
import { byField, layout, singleTurn } from './layout.js'

const [about, fields] = [
  'a problem and its solution, the answer in \\boxed{} or beside it',
  'problem, solution with \\boxed{}',
]

/**
 * MATH, and MATH-500, the 500 problems of it that are used as a test set. Rows of MATH-500 also have the answer in a
 * field of its own, which is then read instead of the box.
 *
 * @source Hendrycks et al., arXiv:2103.03874
 */
export const math = byField(
  'answer',
  layout(about, fields, t.type({ problem: t.string, solution: t.string, answer: Answer }), ({ problem, answer }) =>
    singleTurn(problem, answer),
  ),
  layout(about, fields, t.type({ problem: t.string, solution: BoxedAnswer }), ({ problem, solution }) =>
    singleTurn(problem, solution),
  ),
)
