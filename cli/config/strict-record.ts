import * as t from 'io-ts'
import { didYouMean } from '../nearest.js'

const noFields = {}

type StrictRecord<R extends t.Props, O extends t.Props> = { readonly [K in keyof R]: t.TypeOf<R[K]> } & {
  readonly [K in keyof O]?: t.TypeOf<O[K]>
}

/** Codec of a mapping with these fields and no others. It refuses an unknown field by name, where `t.exact` drops it. */
export const strictRecord = <R extends t.Props, O extends t.Props = typeof noFields>(
  required: R,
  optional: O = noFields as O,
  name = 'a mapping',
): t.Type<StrictRecord<R, O>> => {
  const fields = { ...required, ...optional }
  const problems = (u: Readonly<Record<string, unknown>>, context: t.Context): t.Errors => [
    ...unknownFields(u, Object.keys(fields), context),
    ...Object.entries(fields).flatMap(([key, field]) =>
      u[key] === undefined && key in optional ? [] : errorsOf(field, key, u[key], context),
    ),
  ]
  return new t.Type(
    name,
    (u): u is StrictRecord<R, O> => isMapping(u) && problems(u, []).length === 0,
    (u, context) => {
      if (!isMapping(u)) return t.failure(u, context)
      const errors = problems(u, context)
      return errors.length > 0 ? t.failures(errors) : t.success(u as StrictRecord<R, O>)
    },
    t.identity,
  )
}

/** Restricts a codec of a record to values that have only the named fields. */
export const onlyFields = <A>(codec: t.Type<A>, names: readonly (keyof A & string)[]): t.Type<A> =>
  new t.Type(
    codec.name,
    (u): u is A => codec.is(u) && Object.keys(u as object).every((key) => names.some((name) => name === key)),
    (u, context) => {
      const errors = isMapping(u) ? unknownFields(u, names, context) : []
      return errors.length > 0 ? t.failures(errors) : codec.validate(u, context)
    },
    codec.encode,
  )

export const isMapping = (u: unknown): u is Readonly<Record<string, unknown>> =>
  t.UnknownRecord.is(u) && !Array.isArray(u)

const errorsOf = (field: t.Mixed, key: string, value: unknown, context: t.Context): t.Errors => {
  const validation = field.validate(value, t.appendContext(context, key, field, value))
  return validation._tag === 'Left' ? validation.left : []
}

const unknownFields = (u: Readonly<Record<string, unknown>>, known: readonly string[], context: t.Context): t.Errors =>
  Object.keys(u)
    .filter((key) => !known.includes(key))
    .map((key) => ({
      value: u[key],
      context: t.appendContext(context, key, t.never, u[key]),
      message: `unknown field${didYouMean(key, known) || `; there are ${known.join(', ')}`}`,
    }))
