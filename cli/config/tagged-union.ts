import * as t from 'io-ts'
import { isMapping } from './strict-record.js'
import { oneOf } from './fields.js'

type Variant<A> = Pick<t.Type<A>, 'is' | 'validate'>

/** Codec of a union whose variants differ in one field. The errors are those of the variant that the field names. */
export const taggedUnion = <A>(tag: string, variants: Readonly<Record<string, Variant<A>>>): t.Type<A> => {
  const names = oneOf(Object.keys(variants))
  const variantOf = (u: unknown) => (isMapping(u) && names.is(u[tag]) ? variants[u[tag]] : undefined)
  return new t.Type(
    'a mapping',
    (u): u is A => variantOf(u)?.is(u) ?? false,
    (u, context) => {
      if (!isMapping(u)) return t.failure(u, context)
      const name: unknown = u[tag]
      return (
        variantOf(u)?.validate(u, context) ??
        // An unknown name is an error of the field itself.
        t.failures(errorsAt(names, name, t.appendContext(context, tag, names, name)))
      )
    },
    t.identity,
  )
}

const errorsAt = (codec: t.Mixed, value: unknown, context: t.Context): t.Errors => {
  const validation = codec.validate(value, context)
  return validation._tag === 'Left' ? validation.left : []
}
