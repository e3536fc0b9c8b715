import * as t from 'io-ts'
import { isMapping } from './strict-record.js'
import { oneOf } from './fields.js'

type Variant<A> = Pick<t.Type<A>, 'is' | 'validate'>

/** A union told apart by one field: errors speak of the variant that was chosen, not of all of them. */
export const tagged = <A>(tag: string, variants: Readonly<Record<string, Variant<A>>>): t.Type<A> => {
  const names = oneOf(Object.keys(variants))
  const chosen = (u: unknown) => (isMapping(u) && names.is(u[tag]) ? variants[u[tag]] : undefined)
  return new t.Type(
    'a mapping',
    (u): u is A => chosen(u)?.is(u) ?? false,
    (u, context) => {
      if (!isMapping(u)) return t.failure(u, context)
      const asked: unknown = u[tag]
      return (
        chosen(u)?.validate(u, context) ??
        // Not one of the names: the tag's own error is the message.
        t.failures(errorsAt(names, asked, t.appendContext(context, tag, names, asked)))
      )
    },
    t.identity,
  )
}

const errorsAt = (codec: t.Mixed, value: unknown, context: t.Context): t.Errors => {
  const validation = codec.validate(value, context)
  return validation._tag === 'Left' ? validation.left : []
}
