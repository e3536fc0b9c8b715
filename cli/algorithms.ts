import { algorithmNames } from './config/train-config.js'
import { type AlgorithmName, algorithms } from '../pipelines/algorithms/index.js'
import { commonDefaults } from '../pipelines/algorithm-options.js'
import type { Command } from './command.js'
import { exitCodes } from './exit.js'

/** Lists the recipes. */
export const algorithmsCommand: Command = {
  name: 'algorithms',
  about: 'list the algorithms, each with its paper and its defaults',
  usage: '',
  details: ['Defaults are named as in a configuration file; a flag sets each: clipHigh is --clip-high.'],
  positionals: [],
  flags: [],
  defaults: {},
  examples: [['entrain train --algorithm gspo --entropy-band 0.5,0.6', 'one of them, its entropy held in a band']],
  run: (_flags, _words, terminal) => {
    const width = Math.max(...algorithmNames.map((name) => name.length)) + 2
    const listed = algorithmNames.map((name) => {
      const { about, paper } = algorithms[name]
      return [`${name.padEnd(width)}${about} (${paper})`, ...wrapped(ownDefaults(name), width)].join('\n')
    })
    const common = wrapped(Object.entries(commonDefaults).map(said), 2)
    terminal.write(`${listed.join('\n')}\n\nAll, unless told otherwise:\n${common.join('\n')}\n`)
    return Promise.resolve(exitCodes.done)
  },
}

/** What a recipe has of its own, or does not leave as it is for all. */
const ownDefaults = (name: AlgorithmName): readonly string[] => {
  const { defaults, filter } = algorithms[name]
  const isCommon = ([key, value]: readonly [string, unknown]) =>
    key in commonDefaults && Reflect.get(commonDefaults, key) === value
  const own = Object.entries(defaults).filter((option) => !isCommon(option))
  return [...own.map(said), ...(filter === 'everything' ? [] : [`filter ${filter}`])]
}

const said = ([key, value]: readonly [string, string | number | null]): string => `${key} ${value ?? 'none'}`

/** Longest line. @units columns */
const WIDTH = 100

/** Parts with commas between them, in lines that begin at a column. */
const wrapped = (parts: readonly string[], column: number): readonly string[] => {
  const lines: string[] = []
  for (const [i, part] of parts.entries()) {
    const text = i < parts.length - 1 ? `${part},` : part
    const last = lines.at(-1)
    if (last !== undefined && last.length + 1 + text.length <= WIDTH) lines[lines.length - 1] = `${last} ${text}`
    else lines.push(' '.repeat(column) + text)
  }
  return lines
}
