import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import * as t from 'io-ts'

/** Adds optional fields to the codec of a record; absent fields stay absent. A value of another kind gives one error, not two. */
export const withOptional = <A, O, P extends t.Props>(codec: t.Type<A, O>, fields: P) => {
  const both = t.intersection([codec, t.exact(t.partial(fields))])
  return new t.Type(
    codec.name,
    both.is,
    (input, context) =>
      pipe(
        codec.validate(input, context),
        E.chain(() => both.validate(input, context)),
      ),
    both.encode,
  )
}
