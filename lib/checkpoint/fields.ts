import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import * as t from 'io-ts'
import { firstMismatch, placeIn } from '../codec/describe-errors.js'
import { parseJsonText as parse } from '../codec/json-text.js'
import { CheckpointError } from './checkpoint-error.js'
import { limits } from './limits.js'

const isCount = (n: unknown): n is number => typeof n === 'number' && Number.isInteger(n) && n > 0

/** Codec of a count or size of at most `limit`. */
export const sizeUpTo = (limit: number): t.Type<number> =>
  new t.Type(
    'positive integer',
    (n): n is number => isCount(n) && n <= limit,
    (n, context) => {
      if (!isCount(n)) return t.failure(n, context)
      return n <= limit ? t.success(n) : t.failure(n, context, `found ${n}, expected at most ${limit}`)
    },
    t.identity,
  )

/** Codec of a dimension of a network. */
export const size = sizeUpTo(limits.dimension)

/** Codec of a positive number. */
export const positive = t.refinement(t.number, (x) => x > 0 && Number.isFinite(x), 'positive number')

/** Codec of a field that may be null or left out. */
export const optional = <A>(codec: t.Type<A>): t.Type<A | null | undefined> =>
  new t.Type(
    codec.name,
    (value): value is A | null | undefined => isNothing(value) || codec.is(value),
    (value, context) => (isNothing(value) ? t.success(value) : codec.validate(value, context)),
    t.identity,
  )

/** Codec of a field that must be null or left out. */
export const nothing = new t.Type(
  'nothing',
  isNothing,
  (value, context) => (isNothing(value) ? t.success(value) : t.failure(value, context)),
  t.identity,
)

/** Codec of one of the keys of a table. */
export const oneOf = <K extends string>(names: Readonly<Record<K, unknown>>) =>
  t.keyof<Record<K, unknown>>(names, Object.keys(names).join(', '))

/** Parses the JSON text of a checkpoint's file. @errors CheckpointError that names the file, also for very deep nesting */
export const parseJsonText = (text: string, file: string): E.Either<CheckpointError, unknown> =>
  E.tryCatch(
    () => parse(text),
    (cause) => new CheckpointError(file, String(cause), 'JSON'),
  )

/**
 * Decodes the fields of a checkpoint's file, or those under `path`.
 *
 * @errors CheckpointError that names the file and the first wrong field
 */
export const decodeFields = <A>(
  codec: t.Decoder<unknown, A>,
  fields: unknown,
  file: string,
  path: readonly string[] = [],
): E.Either<CheckpointError, A> =>
  pipe(
    codec.decode(fields),
    E.mapLeft(firstMismatch),
    E.mapLeft(({ path: field, found, expected }) => {
      const keys = [...path, ...(field === '' ? [] : [field])]
      return new CheckpointError(placeIn(file, keys.join('.')), found, expected)
    }),
  )

function isNothing(value: unknown): value is null | undefined {
  return value === null || value === undefined
}

/** Returns whether a field that may be left out has a value. */
export const isGiven = <A>(value: A | null | undefined): value is A => value !== null && value !== undefined
