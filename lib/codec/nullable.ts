import * as t from 'io-ts'

/** Codec of a value or null. */
export const nullable = <A, O>(codec: t.Type<A, O>): t.Type<A | null, O | null> =>
  new t.Type(
    `${codec.name} or null`,
    (input): input is A | null => input === null || codec.is(input),
    (input, context) => (input === null ? t.success(null) : codec.validate(input, context)),
    (value) => (value === null ? null : codec.encode(value)),
  )

/** Codec of a field that files of older versions do not have. It decodes a missing field as null. */
export const nullIfMissing = <A, O>(codec: t.Type<A, O>): t.Type<A | null, O | null> => {
  const valueOrNull = nullable(codec)
  return new t.Type(
    valueOrNull.name,
    valueOrNull.is,
    (input, context) => valueOrNull.validate(input ?? null, context),
    valueOrNull.encode,
  )
}
