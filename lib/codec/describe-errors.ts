import type * as t from 'io-ts'

/** A place where a value differs from what its codec expects. */
export interface Mismatch {
  /** Keys of the fields down to the place; empty for the value itself. */
  readonly keys: readonly string[]
  /** The keys, joined by dots. */
  readonly path: string
  readonly found: string
  readonly expected: string
  /** Statement about the place: the message of its codec, or `found X, expected Y`. */
  readonly message: string
}

/**
 * Formats decoding errors, one line for each place:
 *
 *     completion.tokens.3: found "7", expected int32
 *     evaluation.promts: unknown field; did you mean prompts?
 *
 * A codec with a message of its own leaves the path out of it, because the path is added here.
 */
export const describeErrors = (errors: t.Errors): readonly string[] =>
  mismatches(errors).map(({ path, message }) => (path === '' ? message : `${path}: ${message}`))

/** Returns every place where a value differs from what its codec expects. */
export const mismatches = (errors: t.Errors): readonly Mismatch[] => {
  const refusals = refusalsByUnion(errors)
  const all = errors.flatMap((error) => reduceUnion(error, refusals)).map(mismatchOf)
  return [...new Map(all.map((each) => [`${each.path}: ${each.message}`, each])).values()]
}

/** Returns the first mismatch, for error types that name only one place. */
export const firstMismatch = (errors: t.Errors): Mismatch => mismatches(errors)[0]!

/** Names a field of a file, or the file itself if the path is empty. */
export const placeIn = (file: string, path: string): string => (path === '' ? file : `${file}, ${path}`)

/** States a mismatch in the form of every error message. */
export const foundAndExpected = (found: unknown, expected: string): string =>
  `found ${formatValue(found)}, expected ${expected}`

const STATEMENT = /^found (.*?), expected (.*)$/s

const mismatchOf = ({ value, context, message }: t.ValidationError): Mismatch => {
  const name = context.at(-1)!.type.name
  const [, found = formatValue(value), expected = name] = STATEMENT.exec(message ?? '') ?? []
  const keys = keysOf(context)
  return { keys, path: keys.join('.'), found, expected, message: message ?? foundAndExpected(value, name) }
}

/** Returns the keys of the fields in a context, without those of unions and intersections, which have the value of the whole. */
const keysOf = (context: t.Context): readonly string[] =>
  context.filter(({ actual }, i) => i > 0 && !Object.is(actual, context[i - 1]!.actual)).map(({ key }) => key)

const isUnion = ({ type }: t.ContextEntry): boolean => '_tag' in type && type._tag === 'UnionType'

const keyOf = (context: t.Context, end: number): string => JSON.stringify(context.slice(0, end).map(({ key }) => key))

/** Keys of the variants of a union that refuse the value: all of them, and those that refuse only an inner field. */
interface Refusals {
  readonly all: Set<string>
  readonly inner: Set<string>
}

const refusalsByUnion = (errors: t.Errors): ReadonlyMap<string, Refusals> => {
  const refusals = new Map<string, Refusals>()
  for (const { context } of errors)
    for (let end = 1; end < context.length; end++) {
      if (!isUnion(context[end - 1]!)) continue
      const union = keyOf(context, end)
      const { all, inner } = refusals.get(union) ?? { all: new Set(), inner: new Set() }
      refusals.set(union, { all, inner })
      all.add(context[end]!.key)
      if (keysOf(context).length > keysOf(context.slice(0, end)).length) inner.add(context[end]!.key)
    }
  return refusals
}

/**
 * Reduces the errors of a union's variants. If exactly one variant fails at an inner field, its errors are
 * returned, because the value was probably written for it. Otherwise the whole union is one error.
 */
const reduceUnion = (
  error: t.ValidationError,
  refusals: ReadonlyMap<string, Refusals>,
): readonly t.ValidationError[] => {
  const { context } = error
  for (let end = 1; end < context.length; end++) {
    const union = isUnion(context[end - 1]!) ? refusals.get(keyOf(context, end)) : undefined
    if (union === undefined || union.all.size === 1) continue
    if (union.inner.size !== 1) return [{ value: context[end - 1]!.actual, context: context.slice(0, end) }]
    if (!union.inner.has(context[end]!.key)) return []
  }
  return [error]
}

/** Maximum length of the text of a value in a message. @units characters */
const LONGEST = 80

/** Formats a value for a message. Only flat values are written out, because a value from outside can be deep or long. */
export const formatValue = (value: unknown): string => {
  if (value === undefined) return 'nothing'
  if (typeof value === 'string') return JSON.stringify(value.slice(0, LONGEST))
  if (typeof value === 'number' || typeof value === 'bigint') return String(value)
  if (typeof value !== 'object' || value === null) return JSON.stringify(value)
  const values: readonly unknown[] = Array.isArray(value) ? value : Object.values(value)
  const isFlat = values.length < LONGEST && values.every((each) => typeof each !== 'object' || each === null)
  const text = isFlat ? flatText(value) : ''
  if (text !== '' && text.length <= LONGEST) return text
  return Array.isArray(value) ? `an array of ${value.length}` : 'an object'
}

const flatText = (value: object): string =>
  Array.isArray(value)
    ? `[${value.map(formatValue).join(',')}]`
    : `{${Object.entries(value)
        .map(([key, each]) => `${JSON.stringify(key)}:${formatValue(each)}`)
        .join(',')}}`
