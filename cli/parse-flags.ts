import { parseArgs } from 'node:util'
import * as E from 'fp-ts/lib/Either.js'
import { ConfigError } from './config/config-error.js'
import { type Layer, overlay, type Settings } from './config/layer.js'
import type { Flag, Setting } from './flag.js'
import { didYouMean } from './nearest.js'

/** Flags that were given, by name without the dashes. */
export type Given = ReadonlyMap<string, string>

export interface Arguments {
  readonly flags: Given
  readonly positionals: readonly string[]
}

/**
 * Reads a command line. The last of `positionals` may end in three dots, `RUN...`: one or more words stand there.
 *
 * @errors ConfigError: an unknown flag, one without its value, one given twice, too many words or too few
 */
export const parseFlags = (
  flags: readonly Flag[],
  positionals: readonly string[],
  argv: readonly string[],
): E.Either<ConfigError, Arguments> => {
  const options = Object.fromEntries(flags.map(({ name }) => [name, { type: 'string' as const }]))
  const args = argv.flatMap((word, i) => spelledOut(flags, word, argv[i + 1]))
  const { tokens } = parseArgs({ args, options, strict: false, allowPositionals: true, tokens: true })
  const given = new Map<string, string>()
  const words: string[] = []
  const problems: string[] = []
  for (const token of tokens) {
    if (token.kind === 'positional') words.push(token.value)
    if (token.kind !== 'option') continue
    const { name, rawName, value } = token
    const flag = flags.find((known) => known.name === name)
    if (flag === undefined) problems.push(`${rawName}: unknown flag${didYouMean(name, Object.keys(options), '--')}`)
    else if (value === undefined || value === '') problems.push(`${rawName}: found no value, expected ${flag.value}`)
    else if (given.has(name)) problems.push(`${rawName}: given twice`)
    else given.set(name, value)
  }
  const most = positionals.at(-1)?.endsWith(MORE) === true ? Infinity : positionals.length
  if (words.length > most) problems.push(`${words[most]!}: unexpected`)
  positionals.slice(words.length).forEach((missing) => problems.push(`${missing.replace(MORE, '')}: missing`))
  return problems.length > 0 ? E.left(new ConfigError(problems)) : E.right({ flags: given, positionals: words })
}

/** A flag that stands alone, with the value it then has. */
const spelledOut = (flags: readonly Flag[], word: string, next: string | undefined): readonly string[] => {
  const alone = next !== 'true' && next !== 'false'
  return alone && flags.some(({ name, yesOrNo }) => yesOrNo && word === `--${name}`) ? [word, 'true'] : [word]
}

/** What a positional ends in that takes any number of words but none. */
const MORE = '...'

/** Whether a flag of yes or no is on that sets no field; off unless given. @errors ConfigError */
export const isOn = (flag: Flag, given: Given): E.Either<ConfigError, boolean> => {
  const value = given.get(flag.name) ?? 'false'
  return value === 'true' || value === 'false'
    ? E.right(value === 'true')
    : E.left(new ConfigError([`--${flag.name}: found ${value}, expected true or false`]))
}

/** The settings among the flags that were given, as a layer of configuration. */
export const flagLayer = (settings: readonly Setting[], given: Given): Layer => {
  const set = settings.filter(({ name }) => given.has(name))
  return {
    settings: set.reduce<Settings>(
      (laid, { name, path, read }) => overlay(laid, nested(path, read(given.get(name)!))),
      {},
    ),
    place: (path) => {
      const flag = set.find((each) => within(path, each.path))
      const parts = flag === undefined ? set.filter((each) => within(each.path, path)) : [flag]
      return parts.length === 0 ? path.join('.') : parts.map(({ name }) => `--${name}`).join(', ')
    },
  }
}

const within = (path: readonly string[], outer: readonly string[]): boolean => outer.every((key, i) => path[i] === key)

const nested = (path: readonly string[], value: unknown): Settings =>
  path.reduceRight<unknown>((inner, key) => ({ [key]: inner }), value) as Settings
