import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import * as t from 'io-ts'
import { firstMismatch, type Mismatch } from '../../../codec/describe-errors.js'
import type { Message } from '../../../tokenizer/chat-template.js'

/** Question of a row and the reference answer that completions are compared with. */
export interface Question {
  readonly messages: readonly Message[]
  readonly answer: string
}

/** Format in which a data set writes its questions. */
export interface Layout {
  /** Description in the help of the command line. */
  readonly about: string
  /** Names of the fields that it reads, for messages. */
  readonly fields: string
  readonly read: (row: unknown) => E.Either<Mismatch, Question>
}

/** Makes a layout from a codec of its rows. */
export const layout = <A>(
  about: string,
  fields: string,
  codec: t.Decoder<unknown, A>,
  questionOf: (row: A) => Question,
): Layout => ({
  about,
  fields,
  read: (row) => pipe(codec.decode(row), E.bimap(firstMismatch, questionOf)),
})

/** Chooses between two layouts: `filled` for rows with a value in the field, `empty` for rows without one. */
export const byField = (field: string, filled: Layout, empty: Layout): Layout => ({
  ...empty,
  read: (row) => (isFilled(row, field) ? filled : empty).read(row),
})

const isFilled = (row: unknown, field: string): boolean =>
  t.UnknownRecord.is(row) && row[field] !== undefined && row[field] !== null

/** Makes a question that is one message of the user. */
export const singleTurn = (question: string, answer: string): Question => ({
  messages: [{ role: 'user', content: question }],
  answer,
})
