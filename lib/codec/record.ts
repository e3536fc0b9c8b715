import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import * as t from 'io-ts'

/** A size that another field settles; `field` is its path within the record. */
export interface Size {
  readonly field: string
  readonly found: number
  readonly expected: number
  /** What settles it: `one per token`. */
  readonly because: string
}

/**
 * A record whose sizes agree. Every error says where, what was found and what was expected:
 *
 *     completion.tokens.3: found "7", expected int32
 *     completion.logprobs_T: found 2, expected 3, one per token
 */
export const record = <A, O>(fields: t.Type<A, O>, sizesOf: (value: A) => readonly Size[] = () => []): t.Type<A, O> => {
  const wrongSizes = (value: A) => sizesOf(value).filter(({ found, expected }) => found !== expected)
  return new t.Type(
    fields.name,
    (input): input is A => fields.is(input) && wrongSizes(input).length === 0,
    (input, outer) => {
      const context = fieldsOf(outer)
      const disagreement = ({ field, found, expected, because }: Size): t.ValidationError => ({
        value: input,
        context,
        message: `${[...keysOf(context), field].join('.')}: found ${found}, expected ${expected}, ${because}`,
      })
      return pipe(
        fields.validate(input, context),
        E.mapLeft((errors) => errors.map(explained)),
        E.chain((value) => {
          const wrong = wrongSizes(value)
          return wrong.length === 0 ? t.success(value) : t.failures(wrong.map(disagreement))
        }),
      )
    },
    fields.encode,
  )
}

/** io-ts counts the members of unions and intersections as steps of the path: they look at the same value as the whole. */
const fieldsOf = (context: t.Context): t.Context =>
  context.filter(({ actual }, i) => i === 0 || !Object.is(actual, context[i - 1]!.actual))

const keysOf = (context: t.Context): readonly string[] =>
  fieldsOf(context)
    .map(({ key }) => key)
    .filter((key) => key !== '')

const explained = (error: t.ValidationError): t.ValidationError => {
  if (error.message !== undefined) return error
  const { path, found, expected } = differenceOf(error)
  return { ...error, message: `${path && `${path}: `}found ${found}, expected ${expected}` }
}

/** Where a value is not what its codec expects. */
export interface Difference {
  /** Of fields, with dots; empty for the value itself. */
  readonly path: string
  readonly found: string
  readonly expected: string
}

/** The first of them, for errors that have a place for each part. */
export const firstDifference = (errors: t.Errors): Difference => differenceOf(errors[0]!)

const differenceOf = ({ value, context }: t.ValidationError): Difference => ({
  path: keysOf(context).join('.'),
  found: show(value),
  expected: context.at(-1)!.type.name,
})

const show = (value: unknown): string => {
  if (Array.isArray(value)) return `an array of ${value.length}`
  if (typeof value === 'object' && value !== null) return 'an object'
  return typeof value === 'string' ? JSON.stringify(value) : String(value)
}
