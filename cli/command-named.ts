import type { Command } from './command.js'
import { ConfigError } from './config/config-error.js'
import { didYouMean } from './nearest.js'

/** Finds a command by its name. @errors throws ConfigError that suggests the nearest name */
export const commandNamed = (name: string, commands: readonly Command[]): Command => {
  const command = commands.find((each) => each.name === name)
  if (command !== undefined) return command
  const names = commands.map((each) => each.name)
  throw new ConfigError([`${name}: unknown command${didYouMean(name, names, 'entrain ')}`])
}
