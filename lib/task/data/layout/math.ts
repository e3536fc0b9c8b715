import * as t from 'io-ts'
import { Answer, BoxedAnswer } from './answer.js'
import { asked, byField, layout } from './layout.js'

const [about, fields] = [
  'a problem and its solution, the answer in \\boxed{} or beside it',
  'problem, solution with \\boxed{}',
]

/** MATH; and its 500 problems for tests, which have the answer in a field too. @source Hendrycks et al., arXiv:2103.03874 */
export const math = byField(
  'answer',
  layout(about, fields, t.type({ problem: t.string, solution: t.string, answer: Answer }), ({ problem, answer }) =>
    asked(problem, answer),
  ),
  layout(about, fields, t.type({ problem: t.string, solution: BoxedAnswer }), ({ problem, solution }) =>
    asked(problem, solution),
  ),
)
