import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import { uniformOfText } from '../../random/uniform.js'
import type { Prompt } from '../../rollout/prompt.js'
import type { Tokenizer } from '../../tokenizer/tokenizer.js'
import type { PromptTemplate } from '../prompt-template/prompt-template.js'
import { DataError } from './data-error.js'
import type { LayoutName } from './layout/index.js'
import type { Question } from './layout/layout.js'
import { type QuestionReader, questionReader } from './question-reader.js'
import type { Row } from './row.js'

/** A row that asks something, before it is a prompt. */
export interface ParsedRow extends Question {
  readonly place: string
  readonly id: string
  /** A number in [0, 1) by the question: who asks the same has the same. */
  readonly share: number
}

export type RowParser = (file: string, row: Row) => E.Either<DataError, ParsedRow>

/** Reads rows of many files; how it is written, each file says for itself unless that is named. */
export const rowParser = (layout?: LayoutName): RowParser => {
  const readers = new Map<string, QuestionReader>()
  return (file, row) => {
    const read = readers.get(file) ?? questionReader(layout)
    readers.set(file, read)
    return pipe(
      read(row),
      E.chain((question) => draftOf(row.place, question)),
    )
  }
}

const draftOf = (place: string, question: Question): E.Either<DataError, ParsedRow> => {
  const words = question.messages.flatMap(({ content }) => content.split(/\s+/)).filter((word) => word !== '')
  if (words.length === 0) return E.left(new DataError(place, 'an empty question', 'one to answer'))
  const share = uniformOfText(words.join(' '))
  return E.right({ ...question, place, share, id: idOf(share) })
}

/** All 53 bits of it. */
const idOf = (share: number): string => (share * 2 ** 53).toString(16).padStart(14, '0')

/** What makes prompts of drafts. */
export interface Wording {
  readonly template: PromptTemplate
  readonly tokenizer: Tokenizer
}

/** @errors DataError for what the chat template refuses, or the tokenizer has no tokens for */
export const promptOf = (wording: Wording, draft: ParsedRow): E.Either<DataError, Prompt> =>
  pipe(
    textOf(wording, draft),
    E.bindTo('text'),
    E.bind('tokens', ({ text }) => tokensOf(wording, draft, text)),
    E.map(({ text, tokens }) => ({ id: draft.id, text, tokens, reference: draft.answer })),
  )

/** Whether its prompt has no more tokens than that. @errors as {@link promptOf} */
export const fits = (wording: Wording, draft: ParsedRow, most: number): E.Either<DataError, boolean> => {
  if (most === Infinity) return E.right(true)
  return pipe(
    textOf(wording, draft),
    E.chain((text) =>
      isShort(text, most)
        ? E.right(true)
        : pipe(
            tokensOf(wording, draft, text),
            E.map(({ length }) => length <= most),
          ),
    ),
  )
}

/** Most tokens that a tokenizer puts around a text. */
const AROUND = 8

/** Counting takes longer than all the rest, and can be spared: in ASCII, a token stands for a character or more. */
const isShort = (text: string, most: number): boolean => text.length + AROUND <= most && /^\p{ASCII}*$/u.test(text)

const textOf = ({ template }: Wording, { place, messages }: ParsedRow): E.Either<DataError, string> =>
  E.tryCatch(
    () => template(messages),
    (cause) => new DataError(place, told(cause), 'messages that the chat template takes', { cause }),
  )

const tokensOf = ({ tokenizer }: Wording, { place }: ParsedRow, text: string): E.Either<DataError, readonly number[]> =>
  E.tryCatch(
    () => tokenizer.encode(text),
    (cause) => new DataError(place, told(cause), 'a text that the tokenizer has tokens for', { cause }),
  )

const told = (cause: unknown): string => (cause instanceof Error ? cause.message : String(cause))
