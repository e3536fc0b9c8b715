import { isMapping } from './strict-record.js'

export type Settings = Readonly<Record<string, unknown>>

/** Settings from one place. */
export interface Layer {
  readonly settings: Settings
  /** Where the field at that path stands in it, for messages: `run.yaml:7: band.low`, `--band-from`. */
  readonly place: (path: readonly string[]) => string
}

/** Lays one mapping over another, field by field; lists and values replace. */
export const overlay = (below: Settings, above: Settings): Settings => {
  const laid: Record<string, unknown> = { ...below }
  for (const [key, value] of Object.entries(above)) {
    const under = below[key]
    laid[key] = isMapping(under) && isMapping(value) ? overlay(under, value) : value
  }
  return laid
}

/** The value at a path, undefined where there is none. */
export const valueAt = (settings: unknown, path: readonly string[]): unknown =>
  path.reduce<unknown>(
    (value, key) => (Array.isArray(value) || isMapping(value) ? Reflect.get(value, key) : undefined),
    settings,
  )

/**
 * Where a bad field came from: the topmost layer that sets it, or else sets the nearest mapping around it.
 * A field that nobody set is missing because of what was set around it.
 */
export const placeOf = (layers: readonly Layer[], path: readonly string[]): string => {
  for (let length = path.length; length > 0; length--) {
    const setter = layers.findLast(({ settings }) => valueAt(settings, path.slice(0, length)) !== undefined)
    if (setter !== undefined) return setter.place(path)
  }
  return path.join('.')
}
