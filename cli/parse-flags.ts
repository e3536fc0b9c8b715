import { parseArgs } from 'node:util'
import * as E from 'fp-ts/lib/Either.js'
import { ConfigError } from './config/config-error.js'
import { type Layer, nest, overlay, type Settings } from './config/layer.js'
import type { Flag, Setting } from './flag.js'
import { didYouMean } from './nearest.js'

/** Values of the flags on a command line, by name without the dashes. A repeatable flag has a list of its values, as JSON. */
export type FlagValues = ReadonlyMap<string, string>

export interface Arguments {
  readonly flags: FlagValues
  readonly positionals: readonly string[]
}

/** Ending of a positional that takes one or more words. */
const MORE = '...'

/**
 * Parses a command line. The last of `positionals` may end in three dots, as in `RUN...`: it takes one or more words. One in
 * brackets, as in `[COMMAND]`, may be left out.
 *
 * @errors ConfigError: an unknown flag, a flag without its value, a flag that is given twice, too many words or too few
 */
export const parseFlags = (
  flags: readonly Flag[],
  positionals: readonly string[],
  argv: readonly string[],
): E.Either<ConfigError, Arguments> => {
  const { values, words, problems } = readTokens(flags, argv)
  const most = positionals.at(-1)?.endsWith(MORE) === true ? Infinity : positionals.length
  if (words.length > most) problems.push(`${words[most]!}: unexpected`)
  const missing = positionals.slice(words.length).filter((name) => !name.startsWith('['))
  missing.forEach((name) => problems.push(`${name.replace(MORE, '')}: missing`))
  return problems.length > 0 ? E.left(new ConfigError(problems)) : E.right({ flags: values, positionals: words })
}

const readTokens = (flags: readonly Flag[], argv: readonly string[]) => {
  const options = Object.fromEntries(flags.map(({ name }) => [name, { type: 'string' as const }]))
  const args = argv.flatMap((word, i) => withValue(flags, word, argv[i + 1]))
  const { tokens } = parseArgs({ args, options, strict: false, allowPositionals: true, tokens: true })
  const values = new Map<string, string>()
  const words: string[] = []
  const problems: string[] = []
  for (const token of tokens) {
    if (token.kind === 'positional') words.push(token.value)
    if (token.kind !== 'option') continue
    const { name, rawName, value } = token
    const flag = flags.find((known) => known.name === name)
    if (flag === undefined) problems.push(`${rawName}: unknown flag${didYouMean(name, Object.keys(options), '--')}`)
    else if (value === undefined || value === '') problems.push(`${rawName}: found no value, expected ${flag.value}`)
    else addValue(flag, value, values, problems)
  }
  return { values, words, problems }
}

const addValue = ({ name, nameIn }: Flag, value: string, values: Map<string, string>, problems: string[]): void => {
  const before = nameIn === undefined ? [] : valuesOf(values.get(name))
  const isRepeated = nameIn === undefined ? values.has(name) : before.some((each) => nameIn(each) === nameIn(value))
  if (isRepeated) problems.push(`--${name}: given twice${nameIn === undefined ? '' : ` for ${nameIn(value)}`}`)
  else values.set(name, nameIn === undefined ? value : JSON.stringify([...before, value]))
}

/** Returns the values of a repeatable flag. */
const valuesOf = (json = '[]'): readonly string[] => JSON.parse(json) as string[]

/** Writes out the value of a flag that stands alone: `true` of a yes-or-no flag, and {@link ALONE} of the others. */
const withValue = (flags: readonly Flag[], word: string, next = ''): readonly string[] => {
  const flag = flags.find(({ name }) => word === `--${name}`)
  if (flag?.yesOrNo === true) return next === 'true' || next === 'false' ? [word] : [word, 'true']
  if (flag?.optionalValue !== undefined) return flag.optionalValue.test(next) ? [word] : [`${word}=${ALONE}`]
  return [word]
}

/** Value of a flag that may stand alone and does. */
export const ALONE = '-'

/** Reads a yes-or-no flag that sets no field of a configuration; it is off by default. @errors ConfigError */
export const isOn = (flag: Flag, values: FlagValues): E.Either<ConfigError, boolean> => {
  const value = values.get(flag.name) ?? 'false'
  return value === 'true' || value === 'false'
    ? E.right(value === 'true')
    : E.left(new ConfigError([`--${flag.name}: found ${value}, expected true or false`]))
}

/** Turns the flags of a command line into a layer of configuration. */
export const flagLayer = (settings: readonly Setting[], values: FlagValues): Layer => {
  const set = settings.filter(({ name }) => values.has(name))
  return {
    settings: set.reduce<Settings>((all, { name, path, read, nameIn }) => {
      const value = values.get(name)!
      const texts = nameIn === undefined ? [value] : valuesOf(value)
      return texts.reduce((below, text) => overlay(below, nest(path, read(text))), all)
    }, {}),
    place: (path) => {
      const flag = set.find((each) => isWithin(path, each.path))
      const parts = flag === undefined ? set.filter((each) => isWithin(each.path, path)) : [flag]
      return parts.length === 0 ? path.join('.') : parts.map(({ name }) => `--${name}`).join(', ')
    },
  }
}

const isWithin = (path: readonly string[], outer: readonly string[]): boolean =>
  outer.every((key, i) => path[i] === key)
