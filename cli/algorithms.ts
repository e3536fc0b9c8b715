import { algorithmNames } from './config/train-config.js'
import { pipelines } from '../pipelines/index.js'
import { commonDefaults } from '../pipelines/options.js'
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
    const width = Math.max(...algorithmNames.map((name) => name.length))
    const indent = ' '.repeat(width + 2)
    const listed = algorithmNames.map((name) => {
      const { about, paper, defaults, filter } = pipelines[name]
      const own = Object.entries(defaults).filter(([key, value]) => !(key in commonDefaults && isCommon(key, value)))
      const told = [
        ...own.map(([key, value]) => `${key} ${value ?? 'none'}`),
        ...(filter === 'everything' ? [] : [`filter ${filter}`]),
      ]
      return [
        `${name.padEnd(width)}  ${about} (${paper})`,
        ...(told.length === 0 ? [] : [`${indent}${told.join(', ')}`]),
      ]
    })
    const common = Object.entries(commonDefaults).map(([key, value]) => `${key} ${value ?? 'none'}`)
    terminal.write(`${listed.flat().join('\n')}\n\nall, unless told otherwise: ${common.join(', ')}\n`)
    return Promise.resolve(exitCodes.done)
  },
}

const isCommon = (key: string, value: unknown): boolean => Reflect.get(commonDefaults, key) === value
