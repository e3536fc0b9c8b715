import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import * as t from 'io-ts'
import { valueAt } from './layer.js'

/** Fault of a configuration whose fields are valid one by one: the path of a field, and the message. */
export type Fault = readonly [path: readonly string[], message: string]

/** Adds rules about several fields to a codec. Each fault is reported at its field. */
export const withFaults = <A>(codec: t.Type<A>, faultsOf: (a: A) => readonly Fault[]): t.Type<A> =>
  new t.Type(
    codec.name,
    (u): u is A => codec.is(u) && faultsOf(u).length === 0,
    (u, context) =>
      pipe(
        codec.validate(u, context),
        E.chain((a) => {
          const faults = faultsOf(a)
          return faults.length === 0 ? t.success(a) : t.failures(faults.map(errorIn(a, context)))
        }),
      ),
    t.identity,
  )

/** Adds a rule about the whole value to a codec; `problem` returns the error message, or undefined if the rule holds. */
export const withRule = <A>(codec: t.Type<A>, problem: (a: A) => string | undefined): t.Type<A> =>
  withFaults(codec, (a) => {
    const message = problem(a)
    return message === undefined ? [] : [[[], message]]
  })

const errorIn =
  (config: unknown, context: t.Context) =>
  ([path, message]: Fault): t.ValidationError => ({
    value: valueAt(config, path),
    context: path.reduce(
      (inner, key, i) => t.appendContext(inner, key, t.unknown, valueAt(config, path.slice(0, i + 1))),
      context,
    ),
    message,
  })
