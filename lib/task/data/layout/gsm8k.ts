import * as t from 'io-ts'
import { answerIn } from './answer.js'
import { layout, singleTurn } from './layout.js'

const MARK = '####'

const Solution = answerIn(`a solution with ${MARK} before the answer`, (field) => {
  if (typeof field !== 'string' || !field.includes(MARK)) return null
  return withoutThousands(field.slice(field.lastIndexOf(MARK) + MARK.length).trim())
})

/** Removes the commas that group thousands: `1,234` becomes 1234. */
const withoutThousands = (answer: string): string =>
  /^-?\d{1,3}(,\d{3})+(\.\d+)?$/.test(answer) ? answer.replaceAll(',', '') : answer

/** GSM8K: word problems whose solutions end in `#### answer`. @source Cobbe et al., arXiv:2110.14168 */
export const gsm8k = layout(
  'a word problem and its solution, the answer after ####',
  'question, answer with ####',
  t.type({ question: t.string, answer: Solution }),
  ({ question, answer }) => singleTurn(question, answer),
)
