import { pipe } from 'fp-ts/lib/function.js'
import * as t from 'io-ts'
import { asked, layout, type Layout } from './layout.js'

/** The names that data sets have for a question, in the order they are looked for. */
const names = ['prompt', 'question', 'problem'] as const

/** A question and its answer under any of their names, capitals or not. */
export const questionAndAnswer = (about: string, answer: t.Type<string, unknown>): Layout => {
  const { read, ...description } = layout(
    about,
    `${names.join(' or ')}, answer`,
    t.type({ question: t.string, answer }),
    (row) => asked(row.question, row.answer),
  )
  return { ...description, read: (row) => pipe(row, renamed, read) }
}

const renamed = (row: unknown): unknown => {
  if (!t.UnknownRecord.is(row)) return row
  const fields = Object.fromEntries(Object.entries(row).map(([name, field]) => [name.toLowerCase(), field]))
  const question = names.find((name) => name in fields)
  return { answer: fields.answer, question: question && fields[question] }
}
