import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import { uniformOfText } from '../../random/uniform.js'
import type { Prompt } from '../../rollout/prompt.js'
import type { Tokenizer } from '../../tokenizer/tokenizer.js'
import type { PromptTemplate } from '../prompt-template.js'
import { DataError } from './data-error.js'
import type { LayoutName } from './layout/index.js'
import type { Question } from './layout/layout.js'
import { type QuestionReader, questionReader } from './question-reader.js'
import type { Row } from './row.js'

/** Row after parsing, before it is formatted as a prompt. */
export interface ParsedRow extends Question {
  /** File and line of the row. */
  readonly place: string
  /** Identifier of the question: rows with the same question have the same one. */
  readonly id: string
  /** Number in [0, 1) that depends on the question alone. It decides which part of train is held out. */
  readonly share: number
}

/** Parses a row of a file. */
export type RowParser = (file: string, row: Row) => E.Either<DataError, ParsedRow>

/**
 * Makes a parser for the rows of many files. Without a named layout, each file may have a layout of its own. A row is
 * broken if `canRead` refuses its reference answer.
 */
export const rowParser = (layout?: LayoutName, canRead: (reference: string) => boolean = () => true): RowParser => {
  const readers = new Map<string, QuestionReader>()
  return (file, row) => {
    const read = readers.get(file) ?? questionReader(layout)
    readers.set(file, read)
    return pipe(
      read(row),
      E.filterOrElse(
        ({ answer }) => canRead(answer),
        ({ answer }) => new DataError(row.place, answer, 'a reference answer that the verifier can read'),
      ),
      E.chain((question) => parsedRow(row.place, question)),
    )
  }
}

const parsedRow = (place: string, question: Question): E.Either<DataError, ParsedRow> => {
  const words = question.messages.flatMap(({ content }) => content.split(/\s+/)).filter((word) => word !== '')
  if (words.length === 0) return E.left(new DataError(place, 'an empty question', 'a question with text'))
  const share = uniformOfText(words.join(' '))
  return E.right({ ...question, place, share, id: idOf(share) })
}

/** Writes the 53 random bits of a share in hexadecimal. */
const idOf = (share: number): string => (share * 2 ** 53).toString(16).padStart(14, '0')

/** Template and tokenizer that turn a parsed row into a prompt. */
export interface PromptFormat {
  readonly template: PromptTemplate
  readonly tokenizer: Tokenizer
}

/**
 * Makes the prompt of a parsed row.
 *
 * @errors DataError if the chat template refuses the messages or the tokenizer has no tokens for the text
 */
export const promptOf = (format: PromptFormat, row: ParsedRow): E.Either<DataError, Prompt> =>
  pipe(
    textOf(format, row),
    E.bindTo('text'),
    E.bind('tokens', ({ text }) => tokensOf(format, row, text)),
    E.map(({ text, tokens }) => ({ id: row.id, text, tokens, reference: row.answer })),
  )

/** Returns whether the prompt of a row has at most `limit` tokens. @errors the errors of {@link promptOf} */
export const fitsIn = (format: PromptFormat, row: ParsedRow, limit: number): E.Either<DataError, boolean> => {
  if (limit === Infinity) return E.right(true)
  return pipe(
    textOf(format, row),
    E.chain((text) =>
      isShort(text, limit)
        ? E.right(true)
        : pipe(
            tokensOf(format, row, text),
            E.map(({ length }) => length <= limit),
          ),
    ),
  )
}

/** Upper bound of the special tokens that a tokenizer adds around a text. */
const AROUND = 8

/**
 * Returns true for a text that certainly fits: a token of ASCII text stands for at least one character. Most texts are
 * decided without the tokenizer, which takes longer than all other work on a row.
 */
const isShort = (text: string, limit: number): boolean => text.length + AROUND <= limit && /^\p{ASCII}*$/u.test(text)

const textOf = ({ template }: PromptFormat, { place, messages }: ParsedRow): E.Either<DataError, string> =>
  E.tryCatch(
    () => template(messages),
    (cause) => new DataError(place, messageOf(cause), 'messages that the chat template takes', { cause }),
  )

const tokensOf = (
  { tokenizer }: PromptFormat,
  { place }: ParsedRow,
  text: string,
): E.Either<DataError, readonly number[]> =>
  E.tryCatch(
    () => tokenizer.encode(text),
    (cause) => new DataError(place, messageOf(cause), 'a text that the tokenizer has tokens for', { cause }),
  )

const messageOf = (cause: unknown): string => (cause instanceof Error ? cause.message : String(cause))
