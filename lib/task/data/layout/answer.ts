import * as t from 'io-ts'
import { lastBoxed } from '../../../reward/math/final-answer.js'

/**
 * Makes a codec of a field that holds an answer. `find` returns the answer, or null if the field holds none. `name`
 * is the expectation in messages.
 */
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

/** Answer as text or as a number. */
export const Answer = answerIn('an answer, as text or a number', (field) => {
  if (typeof field === 'number' && Number.isFinite(field)) return String(field)
  return typeof field === 'string' ? field.trim() : null
})

/** Answer in the last box of a solution. */
export const BoxedAnswer = answerIn('a solution with its answer in \\boxed{}', (field) =>
  typeof field === 'string' ? lastBoxed(field) : null,
)

const DECIMAL = /^\s*-?\d+(\.\d+)?\s*$/

const numberOf = (field: unknown): string | null => {
  const text = typeof field === 'number' ? String(field) : field
  return typeof text === 'string' && DECIMAL.test(text) ? String(Number(text)) : null
}

/** Answer that is a number, in its shortest form: `142.0` becomes 142 and `033` becomes 33. */
export const NumberAnswer = answerIn('a number', numberOf)

/** Answer that is a whole number from 0 to 999, as in the AIME. */
export const SmallIntegerAnswer = answerIn('a whole number in 0..999', (field) => {
  const answer = numberOf(field)
  return answer !== null && /^\d{1,3}$/.test(answer) ? answer : null
})
