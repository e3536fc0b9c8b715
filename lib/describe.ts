/** Maximum length of the text of a value or of an error in a message. @units characters */
const LONGEST = 500

/**
 * Text of a value that a port, a callback or an option gave, for an error message. It never throws, because a value from
 * outside may be a proxy, or an object whose getters throw.
 */
export const describe = (value: unknown): string => withoutThrowing(() => textOf(value))

/**
 * Text of a thrown value, which may be anything: `TypeError: no answer`. It never throws, also for an object without a
 * prototype and for one whose `toString` throws.
 */
export const describeThrown = (thrown: unknown): string =>
  withoutThrowing(() => {
    const text: unknown = String(thrown)
    return typeof text === 'string' ? cut(text) : textOf(thrown)
  })

const withoutThrowing = (text: () => string): string => {
  try {
    return text()
  } catch {
    return 'an object without a text'
  }
}

const textOf = (value: unknown): string => {
  if (value === undefined) return 'nothing'
  if (typeof value === 'string') return JSON.stringify(cut(value))
  if (typeof value === 'function') return 'a function'
  if (value === null) return 'null'
  if (typeof value === 'symbol') return value.toString()
  if (typeof value !== 'object') return `${value as number}`
  if (Array.isArray(value)) return `an array of ${value.length}`
  return ArrayBuffer.isView(value) && 'length' in value
    ? `${typedArrayName(value) ?? 'an array'} of ${String(value.length)}`
    : 'an object'
}

const cut = (text: string): string => (text.length > LONGEST ? `${text.slice(0, LONGEST)}…` : text)

/** Name of the class of a typed array, also of one from another realm; undefined for any other value. */
export const typedArrayName = (value: unknown): string | undefined =>
  ArrayBuffer.isView(value) && Symbol.toStringTag in value ? (value[Symbol.toStringTag] as string) : undefined
