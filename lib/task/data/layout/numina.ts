import * as t from 'io-ts'
import { Answer, answerIn, BoxedAnswer } from './answer.js'
import { asked, byField, layout } from './layout.js'

const [about, fields] = ['a problem, its solution and where it is from', 'problem, solution with \\boxed{}, source']

/** What Numina-Math 1.5 has in place of an answer. */
const answerless = ['proof', 'notfound']

const Comparable = answerIn('an answer that can be compared', (field) => {
  const answer = Answer.decode(field)
  return answer._tag === 'Right' && !answerless.includes(answer.right) ? answer.right : null
})

/** Numina-Math: the first has answers in its solutions, 1.5 in a field too. */
export const numina = byField(
  'answer',
  layout(
    about,
    fields,
    t.type({ problem: t.string, solution: t.string, source: t.string, answer: Comparable }),
    ({ problem, answer }) => asked(problem, answer),
  ),
  layout(
    about,
    fields,
    t.type({ problem: t.string, solution: BoxedAnswer, source: t.string }),
    ({ problem, solution }) => asked(problem, solution),
  ),
)
