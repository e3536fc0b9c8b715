import * as t from 'io-ts'
import { answerIn } from './answer.js'
import { asked, layout } from './layout.js'

const MARK = '####'

const Solution = answerIn(`a solution with ${MARK} before the answer`, (field) => {
  if (typeof field !== 'string' || !field.includes(MARK)) return null
  return withoutThousands(field.slice(field.lastIndexOf(MARK) + MARK.length).trim())
})

/** `1,234` is a number like any other. */
const withoutThousands = (answer: string): string =>
  /^-?\d{1,3}(,\d{3})+(\.\d+)?$/.test(answer) ? answer.replaceAll(',', '') : answer

/** @source Cobbe et al., arXiv:2110.14168 */
export const gsm8k = layout(
  'a word problem and its solution, the answer after ####',
  'question, answer with ####',
  t.type({ question: t.string, answer: Solution }),
  ({ question, answer }) => asked(question, answer),
)
