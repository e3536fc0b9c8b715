import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import * as t from 'io-ts'
import { firstMismatch, placeIn } from '../codec/describe-errors.js'
import { CheckpointError } from './checkpoint-error.js'

export const size = t.refinement(t.number, (n) => Number.isInteger(n) && n > 0, 'positive integer')

export const positive = t.refinement(t.number, (x) => x > 0, 'positive number')

/** A field that may be null or left out. */
export const optional = <A>(codec: t.Type<A>): t.Type<A | null | undefined> =>
  new t.Type(
    codec.name,
    (value): value is A | null | undefined => isNothing(value) || codec.is(value),
    (value, context) => (isNothing(value) ? t.success(value) : codec.validate(value, context)),
    t.identity,
  )

/** A field that must be null or left out. */
export const nothing = new t.Type(
  'nothing',
  isNothing,
  (value, context) => (isNothing(value) ? t.success(value) : t.failure(value, context)),
  t.identity,
)

export const oneOf = <K extends string>(names: Readonly<Record<K, unknown>>) =>
  t.keyof<Record<K, unknown>>(names, Object.keys(names).join(', '))

/** What the codec makes of a file's fields, or of those at that path. @errors CheckpointError that names the first wrong one */
export const decodeFields = <A>(
  codec: t.Decoder<unknown, A>,
  fields: unknown,
  file: string,
  at: readonly string[] = [],
): E.Either<CheckpointError, A> =>
  pipe(
    codec.decode(fields),
    E.mapLeft(firstMismatch),
    E.mapLeft(({ path, found, expected }) => {
      const keys = [...at, ...(path === '' ? [] : [path])]
      return new CheckpointError(placeIn(file, keys.join('.')), found, expected)
    }),
  )

function isNothing(value: unknown): value is null | undefined {
  return value === null || value === undefined
}
