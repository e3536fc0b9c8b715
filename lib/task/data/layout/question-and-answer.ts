/** Layouts of data sets whose rows are a question and its answer, without a solution. */
import { pipe } from 'fp-ts/lib/function.js'
import * as t from 'io-ts'
import { Answer, NumberAnswer, SmallIntegerAnswer } from './answer.js'
import { layout, type Layout, singleTurn } from './layout.js'

/** Field names of the question, in the order in which a row is searched for them. */
const names = ['prompt', 'question', 'problem'] as const

/** Makes a layout that finds the question under any of its names and ignores the case of field names. */
const questionAndAnswer = (about: string, answer: t.Type<string, unknown>): Layout => {
  const { read, ...description } = layout(
    about,
    `${names.join(' or ')}, answer`,
    t.type({ question: t.string, answer }),
    (row) => singleTurn(row.question, row.answer),
  )
  return { ...description, read: (row) => pipe(row, renameFields, read) }
}

const renameFields = (row: unknown): unknown => {
  if (!t.UnknownRecord.is(row)) return row
  const fields = Object.fromEntries(Object.entries(row).map(([name, field]) => [name.toLowerCase(), field]))
  const question = names.find((name) => name in fields)
  return { answer: fields.answer, question: question && fields[question] }
}

/** Any question with any answer. */
export const plain = questionAndAnswer('a question and an answer', Answer)

/** American Invitational Mathematics Examination: every answer is a whole number from 0 to 999. */
export const aime = questionAndAnswer('a problem of the AIME and its answer in 0..999', SmallIntegerAnswer)

/** American Mathematics Competitions, without the choices: every answer is a number. */
export const amc = questionAndAnswer('a problem of the AMC and its answer, a number', NumberAnswer)
