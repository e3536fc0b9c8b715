import { algorithmNames } from '../config/train-config.js'
import { type AlgorithmName, algorithms } from '../../pipelines/algorithms/index.js'
import { commonDefaults } from '../../pipelines/algorithm-options.js'
import type { Command } from '../command.js'
import { exitCodes } from '../exit.js'

/** Lists the algorithms. */
export const algorithmsCommand: Command = {
  name: 'algorithms',
  about: 'list the algorithms, each with its paper and its defaults',
  usage: '',
  details: [
    'Each default has the name that it has in a configuration file. A flag sets it: --clip-high sets clipHigh.',
  ],
  positionals: [],
  flags: [],
  defaults: {},
  examples: [
    ['entrain train --algorithm gspo --entropy-band 0.5,0.6', 'train with GSPO and hold the entropy in a band'],
  ],
  run: (_flags, _words, terminal) => {
    const width = Math.max(...algorithmNames.map((name) => name.length)) + 2
    const entries = algorithmNames.map((name) => {
      const { about, paper } = algorithms[name]
      return [`${name.padEnd(width)}${about} (${paper})`, ...wrap(ownDefaults(name), width)].join('\n')
    })
    const common = wrap(Object.entries(commonDefaults).map(formatOption), 2)
    terminal.write(
      `${entries.join('\n')}\n\nDefaults of every algorithm that does not list another value:\n${common.join('\n')}\n`,
    )
    return Promise.resolve(exitCodes.done)
  },
}

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
