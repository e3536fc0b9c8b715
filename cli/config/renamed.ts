import * as E from 'fp-ts/lib/Either.js'
import { type Flag, flagNameOf } from '../flag.js'
import { ConfigError } from './config-error.js'
import { type Layer, nest, overlay, valueAt, without } from './layer.js'

/** Settings that have a new name, by their old one. One version accepts both in flags, configuration files and run folders. */
export const renamed: Readonly<Record<string, string>> = {
  'options.coefficientMost': 'options.coefficientMax',
  'options.zetaLeast': 'options.zetaMin',
  'options.zetaMost': 'options.zetaMax',
  'options.clipStep': 'options.clipHighStep',
  'options.clipLeast': 'options.clipHighMin',
  'options.clipMost': 'options.clipHighMax',
  'options.overlong': 'options.overlongBuffer',
  'options.overlongFactor': 'options.overlongPenalty',
}

/** A value with the new names in it, and a note for the user about each old one. */
export interface Renamed<A> {
  readonly value: A
  readonly notes: readonly string[]
}

const noteOf = (before: string, after: string): string =>
  `${before} is now called ${after}; the next version will refuse the old name`

const pairs = Object.entries(renamed).map(([before, after]) => ({ before: before.split('.'), after: after.split('.') }))

/** Renames the settings of a layer; errors about them still point at the old name. @errors ConfigError if both names are set */
export const renameSettings = (layer: Layer): E.Either<ConfigError, Renamed<Layer>> => {
  const old = pairs.filter(({ before }) => valueAt(layer.settings, before) !== undefined)
  const twice = old.filter(({ after }) => valueAt(layer.settings, after) !== undefined)
  if (twice.length > 0)
    return E.left(
      new ConfigError(
        twice.map(
          ({ before, after }) => `${layer.place(before)}: found ${after.join('.')} too, expected one of the two`,
        ),
      ),
    )
  const settings = old.reduce(
    (all, { before, after }) => overlay(without(all, before), nest(after, valueAt(all, before))),
    layer.settings,
  )
  const oldPath = (path: readonly string[]) => old.find(({ after }) => after.join('.') === path.join('.'))?.before
  return E.right({
    value: { settings, place: (path) => layer.place(oldPath(path) ?? path) },
    notes: old.map(({ before, after }) => noteOf(layer.place(before), after.join('.'))),
  })
}

const flagNames = new Map(pairs.map(({ before, after }) => [flagNameOf(before), flagNameOf(after)]))

/** Renames the flags of a command line that the command knows by a new name: `--clip-step 0.1`, `--clip-step=0.1`. */
export const renameFlags = (flags: readonly Flag[], argv: readonly string[]): Renamed<readonly string[]> => {
  const notes: string[] = []
  const value = argv.map((word) => {
    const [, before = '', rest = ''] = /^--([^=]+)(=.*)?$/s.exec(word) ?? []
    const after = flagNames.get(before)
    if (after === undefined || !flags.some(({ name }) => name === after)) return word
    notes.push(noteOf(`--${before}`, `--${after}`))
    return `--${after}${rest}`
  })
  return { value, notes }
}
