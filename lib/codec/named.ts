import * as t from 'io-ts'

/** Gives a codec of values that decode to themselves a name. A value that it refuses is one error, which expects the name. */
export const named = <A>(name: string, codec: t.Type<A, unknown>): t.Type<A> =>
  new t.Type(
    name,
    codec.is,
    (input, context) => (codec.is(input) ? t.success(input) : t.failure(input, context)),
    (value) => value,
  )
