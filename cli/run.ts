import { readFile } from 'node:fs/promises'
import { algorithmsCommand } from './algorithms.js'
import { chatCommand } from './chat.js'
import type { Command } from './command.js'
import { ConfigError } from './config/config-error.js'
import { evalCommand } from './eval.js'
import { exitCodes, explain } from './exit.js'
import { rightOrThrow } from '../lib/or-throw.js'
import { commandHelp, programHelp } from './help.js'
import { didYouMean } from './nearest.js'
import { parseFlags } from './parse-flags.js'
import { plotCommand } from './plot.js'
import { pretrainCommand } from './pretrain.js'
import { pullCommand } from './pull.js'
import { replayCommand } from './replay.js'
import type { Terminal } from './terminal.js'
import { trainCommand } from './train.js'
import { watchCommand } from './watch.js'

export const commands: readonly Command[] = [
  trainCommand,
  watchCommand,
  algorithmsCommand,
  evalCommand,
  chatCommand,
  pretrainCommand,
  pullCommand,
  plotCommand,
  replayCommand,
]

/** Does what the words of a command line ask, and gives the exit code. Never throws. */
export const run = async (argv: readonly string[], terminal: Terminal): Promise<number> => {
  const [name = '--help', ...rest] = argv
  const command = commands.find((each) => each.name === name)
  try {
    if (command !== undefined) return await runCommand(command, rest, terminal)
    if (!['--help', '-h', '--version'].includes(name)) throw unknownCommand(name)
    terminal.write(name === '--version' ? `${await version()}\n` : programHelp(commands, await version()))
    return exitCodes.done
  } catch (error) {
    const help = command === undefined ? 'entrain --help' : `entrain ${command.name} --help`
    terminal.note(error instanceof ConfigError ? `${explain(error)}\nSee ${help}.` : `error: ${explain(error)}`)
    return error instanceof ConfigError ? exitCodes.usage : exitCodes.failed
  }
}

const runCommand = async (command: Command, argv: readonly string[], terminal: Terminal): Promise<number> => {
  if (argv.includes('--help') || argv.includes('-h')) {
    terminal.write(commandHelp(command))
    return exitCodes.done
  }
  const { flags, positionals } = rightOrThrow(parseFlags(command.flags, command.positionals, argv))
  return command.run(flags, positionals, terminal)
}

const unknownCommand = (name: string): ConfigError =>
  new ConfigError([
    `${name}: unknown command${didYouMean(
      name,
      commands.map((each) => each.name),
      'entrain ',
    )}`,
  ])

const version = async (): Promise<string> => {
  const manifest = await readFile(new URL('../../package.json', import.meta.url), 'utf8')
  return (JSON.parse(manifest) as { readonly version: string }).version
}
