import * as t from 'io-ts'

/** Names a codec of values that decode to themselves. A refused value gives one error, and the name is its expectation. */
export const named = <A>(name: string, codec: t.Type<A, unknown>): t.Type<A> =>
  new t.Type(
    name,
    codec.is,
    (input, context) => (codec.is(input) ? t.success(input) : t.failure(input, context)),
    (value) => value,
  )
