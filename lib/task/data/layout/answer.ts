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
  if (typeof field === 'number' && Number.isFinite(field)) return decimalText(field)
  return typeof field === 'string' ? field.trim() : null
})

/** Answer in the last box of a solution. */
export const BoxedAnswer = answerIn('a solution with its answer in \\boxed{}', (field) =>
  typeof field === 'string' ? lastBoxed(field) : null,
)

/** Writes a number without an exponent: 1e21 becomes 1000000000000000000000, and 1e-7 becomes 0.0000001. */
const decimalText = (x: number): string => {
  const [, sign = '', whole = '', fraction = '', exponent] = /^(-?)(\d+)(?:\.(\d+))?e([+-]\d+)$/.exec(String(x)) ?? []
  if (exponent === undefined) return String(x)
  const [digits, point] = [whole + fraction, whole.length + Number(exponent)]
  return point > 0 ? `${sign}${digits.padEnd(point, '0')}` : `${sign}0.${'0'.repeat(-point)}${digits}`
}

const DECIMAL = /^\s*(-?)0*(\d+)(?:\.(\d+))?\s*$/

/** Returns a number in its shortest form. It is never read as a double, which would round more than 15 digits. */
const numberOf = (field: unknown): string | null => {
  const text = typeof field === 'number' && Number.isFinite(field) ? decimalText(field) : field
  const [found, sign, whole, digits = ''] = (typeof text === 'string' ? DECIMAL.exec(text) : null) ?? []
  if (found === undefined) return null
  let end = digits.length
  while (digits[end - 1] === '0') end--
  const value = end === 0 ? whole! : `${whole!}.${digits.slice(0, end)}`
  return value === '0' ? value : `${sign!}${value}`
}

/** Answer that is a number, in its shortest form: `142.0` becomes 142 and `033` becomes 33. */
export const NumberAnswer = answerIn('a number', numberOf)

/** Answer that is a whole number from 0 to 999, as in the AIME. */
export const SmallIntegerAnswer = answerIn('a whole number in 0..999', (field) => {
  const answer = numberOf(field)
  return answer !== null && /^\d{1,3}$/.test(answer) ? answer : null
})
