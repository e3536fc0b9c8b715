import { setImmediate } from 'node:timers/promises'
import { algorithmsCommand } from './commands/algorithms.js'
import { checkpointsCommand } from './commands/checkpoints.js'
import { chatCommand } from './commands/chat.js'
import { completionCommand } from './commands/completion.js'
import type { Command } from './command.js'
import { commandNamed } from './command-named.js'
import { ConfigError } from './config/config-error.js'
import { renameFlags } from './config/renamed.js'
import { evalCommand } from './commands/eval.js'
import { helpCommand } from './commands/help.js'
import { exitCodes, explain } from './exit.js'
import type { Flag } from './flag.js'
import { rightOrThrow } from '../lib/or-throw.js'
import { commandHelp } from './help.js'
import { isOn, parseFlags } from './parse-flags.js'
import { planCommand } from './commands/plan.js'
import { plotCommand } from './commands/plot.js'
import { inspectCommand } from './commands/inspect.js'
import { pretrainCommand } from './commands/pretrain.js'
import { pullCommand } from './commands/pull.js'
import { replayCommand } from './commands/replay.js'
import { resumeCommand } from './commands/resume.js'
import { quiet, type Terminal } from './terminal.js'
import { trainCommand } from './commands/train.js'
import { version } from './version.js'
import { watchCommand } from './commands/watch.js'

/** Flag of every command. */
const quietFlag: Flag = {
  name: 'quiet',
  value: '[true|false]',
  yesOrNo: true,
  about: 'print results, warnings and errors, but no progress',
  group: 'Output',
}

export const commands: readonly Command[] = [
  trainCommand,
  resumeCommand,
  checkpointsCommand,
  watchCommand,
  algorithmsCommand,
  evalCommand,
  chatCommand,
  pretrainCommand,
  pullCommand,
  plotCommand,
  replayCommand,
  inspectCommand,
  planCommand,
  completionCommand(() => commands),
  helpCommand(() => commands),
].map((command) => ({ ...command, flags: [...command.flags, quietFlag] }))

/** Words that stand for a command. */
const shortcuts: Readonly<Record<string, string>> = { '--help': 'help', '-h': 'help' }

/** Runs a command line and returns the exit code. It never throws. */
export const run = async (argv: readonly string[], terminal: Terminal): Promise<number> => {
  const [word = 'help', ...rest] = argv
  const name = shortcuts[word] ?? word
  try {
    if (name === '--version' || name === '-v') terminal.write(`${await version()}\n`)
    else return await runCommand(commandNamed(name, commands), rest, terminal)
    return exitCodes.done
  } catch (error) {
    const help = commands.some((command) => command.name === name) ? `entrain ${name} --help` : 'entrain --help'
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
  const isQuiet = rightOrThrow(isOn(quietFlag, flags))
  const own = new Map([...flags].filter(([name]) => name !== quietFlag.name))
  const code = await command.run(own, positionals, isQuiet ? quiet(terminal) : terminal)
  // A stream reports the error of its last text after this.
  await setImmediate()
  return code === exitCodes.done && command.keepsResults !== true && terminal.hasLostResults() ? exitCodes.failed : code
}
