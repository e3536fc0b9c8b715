import type { FilterName } from '../../lib/entropy/filter/index.js'
import { percent } from '../../lib/report/number-text.js'
import type { Algorithm } from '../../pipelines/algorithm.js'
import { type AlgorithmName, algorithms } from '../../pipelines/algorithms/index.js'
import { commonDefaults, type OptionName } from '../../pipelines/algorithm-options.js'
import { aboutOption } from '../config/algorithm-options.js'
import { ConfigError } from '../config/config-error.js'
import { algorithmNames } from '../config/train-config.js'
import type { Command } from '../command.js'
import { exitCodes } from '../exit.js'
import { flagNameOf } from '../flag.js'
import { didYouMean } from '../nearest.js'

/** Lists the algorithms, or describes one. */
export const algorithmsCommand: Command = {
  name: 'algorithms',
  about: 'list the algorithms, each with its paper and its defaults, or describe one',
  usage: '[NAME]',
  details: [
    'Each default has the name that it has in a configuration file. A flag sets it: --clip-high sets clipHigh.',
    'With NAME, the command prints the options of this algorithm, and the effect on the entropy that was measured.',
  ],
  positionals: ['[NAME]'],
  words: () => algorithmNames,
  flags: [],
  defaults: {},
  examples: [
    ['entrain algorithms dapo', 'describe DAPO'],
    ['entrain train --algorithm gspo --entropy-band 0.5,0.6', 'train with GSPO and hold the entropy in a band'],
  ],
  run: (_flags, [name], terminal) => {
    terminal.write(name === undefined ? listOfAll() : pageOf(knownName(name)))
    return Promise.resolve(exitCodes.done)
  },
}

const listOfAll = (): string => {
  const width = Math.max(...algorithmNames.map((name) => name.length)) + 2
  const entries = algorithmNames.map((name) => {
    const { about, paper } = algorithms[name]
    return [`${name.padEnd(width)}${about} (${paper})`, ...wrap(ownDefaults(name), width)].join('\n')
  })
  const common = wrap(Object.entries(commonDefaults).map(formatOption), 2)
  return `${entries.join('\n')}\n\nDefaults of every algorithm that does not list another value:\n${common.join('\n')}\n`
}

/** @errors ConfigError for another name */
const knownName = (name: string): AlgorithmName => {
  const found = algorithmNames.find((known) => known === name)
  if (found !== undefined) return found
  throw new ConfigError([
    `NAME: found ${name}, expected one of ${algorithmNames.join(', ')}${didYouMean(name, algorithmNames)}`,
  ])
}

const pageOf = (name: AlgorithmName): string => {
  const { about, paper, defaults, filter, found } = algorithms[name]
  const options = Object.entries(defaults).map(([key, value]) => ({
    assignment: `--${flagNameOf(['options', key])} ${value ?? 'none'}`,
    about: aboutOption(key as OptionName),
  }))
  const width = Math.max(...options.map(({ assignment }) => assignment.length)) + 2
  return [
    `${name}: ${about} (${paper})`,
    '',
    'Options and their defaults',
    ...options.map(({ assignment, about }) => `  ${assignment.padEnd(width)}${about}`),
    '',
    `Filter: ${filter}`,
    ...(found === undefined ? [] : [`Entropy on countdown: ${effectText(found, filter)}`]),
    '',
  ].join('\n')
}

const effectText = ({ fall, inside }: NonNullable<Algorithm['found']>, filter: FilterName): string =>
  `falls by ${fall.toFixed(2)} nats per token in 100 steps; ${percent(inside)} of the steps are inside the band${filter === 'everything' ? ' with the filter calibrated' : ''}`

/** Options of an algorithm that are its own, or whose default differs from that of the others. */
const ownDefaults = (name: AlgorithmName): readonly string[] => {
  const { defaults, filter } = algorithms[name]
  const isCommon = ([key, value]: readonly [string, unknown]) =>
    key in commonDefaults && Reflect.get(commonDefaults, key) === value
  const own = Object.entries(defaults).filter((option) => !isCommon(option))
  return [...own.map(formatOption), ...(filter === 'everything' ? [] : [`filter ${filter}`])]
}

const formatOption = ([key, value]: readonly [string, string | number | null]): string => `${key} ${value ?? 'none'}`

/** Maximum width of a line. @units columns */
const WIDTH = 100

/** Joins parts with commas, in lines that begin at a column. */
const wrap = (parts: readonly string[], column: number): readonly string[] => {
  const lines: string[] = []
  for (const [i, part] of parts.entries()) {
    const text = i < parts.length - 1 ? `${part},` : part
    const last = lines.at(-1)
    if (last !== undefined && last.length + 1 + text.length <= WIDTH) lines[lines.length - 1] = `${last} ${text}`
    else lines.push(' '.repeat(column) + text)
  }
  return lines
}
