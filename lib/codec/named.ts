import * as t from 'io-ts'

/** A value that is as it is read, under a name of its own: where it is wrong, that is one error which expects the name. */
export const named = <A>(name: string, codec: t.Type<A, unknown>): t.Type<A> =>
  new t.Type(
    name,
    codec.is,
    (input, context) => (codec.is(input) ? t.success(input) : t.failure(input, context)),
    (value) => value,
  )
