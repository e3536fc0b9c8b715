import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import * as t from 'io-ts'

/** A size that another field determines. */
export interface Size {
  /** Path of the field within the record, with dots. */
  readonly field: string
  readonly found: number
  readonly expected: number
  /** The rule in words: `one per token`. */
  readonly because: string
}

/**
 * Codec of a record in which fields determine the sizes of other fields. A wrong size is an error of its field:
 *
 *     completion.logprobs_T: found 2, expected 3, one per token
 */
export const record = <A, O>(fields: t.Type<A, O>, sizesOf: (value: A) => readonly Size[] = () => []): t.Type<A, O> => {
  const wrongSizes = (value: A) => sizesOf(value).filter(({ found, expected }) => found !== expected)
  return new t.Type(
    fields.name,
    (input): input is A => fields.is(input) && wrongSizes(input).length === 0,
    (input, context) =>
      pipe(
        fields.validate(input, context),
        E.chain((value) => {
          const wrong = wrongSizes(value)
          return wrong.length === 0 ? t.success(value) : t.failures(wrong.map(sizeError(context)))
        }),
      ),
    fields.encode,
  )
}

const sizeError =
  (context: t.Context) =>
  ({ field, found, expected, because }: Size): t.ValidationError => ({
    value: found,
    context: t.appendContext(context, field, t.never, found),
    message: `found ${found}, expected ${expected}, ${because}`,
  })
