import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import * as t from 'io-ts'
import { firstMismatch, type Mismatch } from '../../../codec/describe-errors.js'
import type { Message } from '../../../tokenizer/chat-template.js'

/** What a row asks, and what its answer is compared with. */
export interface Question {
  readonly messages: readonly Message[]
  readonly answer: string
}

/** How a data set writes its questions. */
export interface Layout {
  readonly about: string
  /** The fields it reads. */
  readonly fields: string
  readonly read: (row: unknown) => E.Either<Mismatch, Question>
}

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

/** One layout for rows that have something in a field, another for those that have nothing there. */
export const byField = (field: string, filled: Layout, empty: Layout): Layout => ({
  ...empty,
  read: (row) => (isFilled(row, field) ? filled : empty).read(row),
})

const isFilled = (row: unknown, field: string): boolean =>
  t.UnknownRecord.is(row) && row[field] !== undefined && row[field] !== null

/** A question without a conversation around it. */
export const asked = (question: string, answer: string): Question => ({
  messages: [{ role: 'user', content: question }],
  answer,
})
