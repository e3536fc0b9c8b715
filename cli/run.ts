import { readFile } from 'node:fs/promises'
import { algorithmsCommand } from './commands/algorithms.js'
import { chatCommand } from './commands/chat.js'
import type { Command } from './command.js'
import { ConfigError } from './config/config-error.js'
import { renameFlags } from './config/renamed.js'
import { evalCommand } from './commands/eval.js'
import { exitCodes, explain } from './exit.js'
import { rightOrThrow } from '../lib/or-throw.js'
import { commandHelp, programHelp } from './help.js'
import { didYouMean } from './nearest.js'
import { parseFlags } from './parse-flags.js'
import { plotCommand } from './commands/plot.js'
import { pretrainCommand } from './commands/pretrain.js'
import { pullCommand } from './commands/pull.js'
import { replayCommand } from './commands/replay.js'
import type { Terminal } from './terminal.js'
import { trainCommand } from './commands/train.js'
import { watchCommand } from './commands/watch.js'

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

/** Runs a command line and returns the exit code. It never throws. */
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
  const { value: words, notes } = renameFlags(command.flags, argv)
  notes.forEach(terminal.note)
  const { flags, positionals } = rightOrThrow(parseFlags(command.flags, command.positionals, words))
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
