import * as t from 'io-ts'
import { Answer, answerIn, BoxedAnswer } from './answer.js'
import { byField, layout, singleTurn } from './layout.js'

const [about, fields] = ['a problem, its solution and where it is from', 'problem, solution with \\boxed{}, source']

/** Values of the field `answer` in Numina-Math 1.5 that mark a problem without an answer. */
const answerless = ['proof', 'notfound']

const Comparable = answerIn('an answer that can be compared', (field) => {
  const answer = Answer.decode(field)
  return answer._tag === 'Right' && !answerless.includes(answer.right) ? answer.right : null
})

/** Numina-Math. Version 1 has the answers in its solutions, version 1.5 also in a field. */
export const numina = byField(
  'answer',
  layout(
    about,
    fields,
    t.type({ problem: t.string, solution: t.string, source: t.string, answer: Comparable }),
    ({ problem, answer }) => singleTurn(problem, answer),
  ),
  layout(
    about,
    fields,
    t.type({ problem: t.string, solution: BoxedAnswer, source: t.string }),
    ({ problem, solution }) => singleTurn(problem, solution),
  ),
)
