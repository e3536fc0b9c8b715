import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import * as t from 'io-ts'

/** Adds a rule about the whole value to a codec; `problem` returns the error message, or undefined if the rule holds. */
export const withRule = <A>(codec: t.Type<A>, problem: (a: A) => string | undefined): t.Type<A> =>
  new t.Type(
    codec.name,
    (u): u is A => codec.is(u) && problem(u) === undefined,
    (u, context) =>
      pipe(
        codec.validate(u, context),
        E.chain((a) => {
          const message = problem(a)
          return message === undefined ? t.success(a) : t.failure<A>(u, context, message)
        }),
      ),
    t.identity,
  )
