import type { Command } from '../command.js'
import { exitCodes } from '../exit.js'
import { commandHelp, programHelp } from '../help.js'
import { commandNamed } from '../command-named.js'
import { version } from '../version.js'

/** Makes the command that prints the help of the program, or of one of its commands. */
export const helpCommand = (commands: () => readonly Command[]): Command => ({
  name: 'help',
  about: 'print the help of a command, or this list',
  usage: '[COMMAND]',
  details: ['Prints the same as entrain COMMAND --help.'],
  positionals: ['[COMMAND]'],
  words: () => commands().map(({ name }) => name),
  flags: [],
  defaults: {},
  examples: [['entrain help train', 'explain the flags of entrain train']],
  run: async (_flags, [name], terminal) => {
    terminal.write(
      name === undefined ? programHelp(commands(), await version()) : commandHelp(commandNamed(name, commands())),
    )
    return exitCodes.done
  },
})
