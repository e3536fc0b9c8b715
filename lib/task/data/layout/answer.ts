import * as t from 'io-ts'
import { lastBoxed } from '../../../reward/math/final-answer.js'

/** The answer that a field holds; null where there is none. `name` is what a message expects. */
export const answerIn = (name: string, find: (field: unknown) => string | null): t.Type<string, unknown> =>
  new t.Type(
    name,
    t.string.is,
    (field, context) => {
      const answer = find(field)
      return answer === null || answer === '' ? t.failure(field, context) : t.success(answer)
    },
    (answer) => answer,
  )

export const Answer = answerIn('an answer, as text or a number', (field) => {
  if (typeof field === 'number' && Number.isFinite(field)) return String(field)
  return typeof field === 'string' ? field.trim() : null
})

export const BoxedAnswer = answerIn('a solution with its answer in \\boxed{}', (field) =>
  typeof field === 'string' ? lastBoxed(field) : null,
)

const DECIMAL = /^\s*-?\d+(\.\d+)?\s*$/

const numberOf = (field: unknown): string | null => {
  const text = typeof field === 'number' ? String(field) : field
  return typeof text === 'string' && DECIMAL.test(text) ? String(Number(text)) : null
}

/** A number, or one in figures such as `142.0` and `033`, as it is written shortest. */
export const NumberAnswer = answerIn('a number', numberOf)

/** The answers of the AIME. */
export const SmallIntegerAnswer = answerIn('a whole number in 0..999', (field) => {
  const answer = numberOf(field)
  return answer !== null && /^\d{1,3}$/.test(answer) ? answer : null
})
