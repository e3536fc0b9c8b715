import * as t from 'io-ts'
import { didYouMean } from '../nearest.js'

const noFields = {}

type Closed<R extends t.Props, O extends t.Props> = { readonly [K in keyof R]: t.TypeOf<R[K]> } & {
  readonly [K in keyof O]?: t.TypeOf<O[K]>
}

/** A mapping with these fields and no others: where `t.exact` drops an unknown field, this refuses it by name. */
export const closed = <R extends t.Props, O extends t.Props = typeof noFields>(
  required: R,
  optional: O = noFields as O,
  name = 'a mapping',
): t.Type<Closed<R, O>> => {
  const fields = { ...required, ...optional }
  const problems = (u: Readonly<Record<string, unknown>>, context: t.Context): t.Errors => [
    ...Object.keys(u)
      .filter((key) => !(key in fields))
      .map((key) => unknownField(key, u[key], Object.keys(fields), context)),
    ...Object.entries(fields).flatMap(([key, field]) =>
      u[key] === undefined && key in optional ? [] : errorsOf(field, key, u[key], context),
    ),
  ]
  return new t.Type(
    name,
    (u): u is Closed<R, O> => isMapping(u) && problems(u, []).length === 0,
    (u, context) => {
      if (!isMapping(u)) return t.failure(u, context)
      const errors = problems(u, context)
      return errors.length > 0 ? t.failures(errors) : t.success(u as Closed<R, O>)
    },
    t.identity,
  )
}

export const isMapping = (u: unknown): u is Readonly<Record<string, unknown>> =>
  t.UnknownRecord.is(u) && !Array.isArray(u)

const errorsOf = (field: t.Mixed, key: string, value: unknown, context: t.Context): t.Errors => {
  const validation = field.validate(value, t.appendContext(context, key, field, value))
  return validation._tag === 'Left' ? validation.left : []
}

const unknownField = (key: string, value: unknown, known: readonly string[], context: t.Context) => ({
  value,
  context: t.appendContext(context, key, t.never, value),
  message: `unknown field${didYouMean(key, known) || `; there are ${known.join(', ')}`}`,
})
