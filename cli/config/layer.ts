import { isMapping } from './strict-record.js'

export type Settings = Readonly<Record<string, unknown>>

/** Settings from one source: a file, or the command line. */
export interface Layer {
  readonly settings: Settings
  /** Names the field at a path in messages: `run.yaml:7: band.low`, `--band-from`. */
  readonly place: (path: readonly string[]) => string
}

/** Lays one mapping over another, field by field. Lists and single values replace what is below. */
export const overlay = (below: Settings, above: Settings): Settings => {
  const merged = new Map(Object.entries(below))
  for (const [key, value] of Object.entries(above)) {
    const under = merged.get(key)
    merged.set(key, isMapping(under) && isMapping(value) ? overlay(under, value) : value)
  }
  return Object.fromEntries(merged)
}

/** Returns the value at a path; undefined if there is none. */
export const valueAt = (settings: unknown, path: readonly string[]): unknown =>
  path.reduce<unknown>(
    (value, key) =>
      (Array.isArray(value) || isMapping(value)) && Object.hasOwn(value, key) ? Reflect.get(value, key) : undefined,
    settings,
  )

/** Settings with a value at one path only. */
export const nest = (path: readonly string[], value: unknown): Settings =>
  path.reduceRight<unknown>((inner, key) => ({ [key]: inner }), value) as Settings

/** Settings without the value at a path. */
export const without = (settings: Settings, [key = '', ...inner]: readonly string[]): Settings => {
  const { [key]: value, ...others } = settings
  return inner.length > 0 && isMapping(value) ? { ...settings, [key]: without(value, inner) } : others
}

/**
 * Names the source of a bad field: the topmost layer that sets the field, or else the nearest mapping around it. A field
 * that no layer sets is missing because of the settings around it.
 */
export const placeOf = (layers: readonly Layer[], path: readonly string[]): string => {
  for (let length = path.length; length > 0; length--) {
    const setter = layers.findLast(({ settings }) => valueAt(settings, path.slice(0, length)) !== undefined)
    if (setter !== undefined) return setter.place(path)
  }
  return path.join('.')
}
