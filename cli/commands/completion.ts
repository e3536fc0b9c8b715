import type { Command } from '../command.js'
import { type Shell, shells } from '../completion/index.js'
import { ConfigError } from '../config/config-error.js'
import { exitCodes } from '../exit.js'
import { didYouMean } from '../nearest.js'

const shellNames = Object.keys(shells) as Shell[]

/** Makes the command that prints the script with which a shell completes command lines. */
export const completionCommand = (commands: () => readonly Command[]): Command => ({
  name: 'completion',
  about: `print the script with which a shell completes commands and flags: ${shellNames.join(', ')}`,
  usage: 'SHELL',
  details: [
    `SHELL is ${shellNames.join(', ')}.`,
    'The script holds the commands and flags of this version: print it again after an update.',
  ],
  positionals: ['SHELL'],
  words: () => shellNames,
  flags: [],
  defaults: {},
  examples: [
    ['source <(entrain completion bash)', 'in ~/.bashrc'],
    ['source <(entrain completion zsh)', 'in ~/.zshrc, after compinit'],
    ['entrain completion fish > ~/.config/fish/completions/entrain.fish', 'once'],
  ],
  run: (_flags, [name = ''], terminal) => {
    const shell = shellNames.find((each) => each === name)
    if (shell === undefined)
      throw new ConfigError([
        `SHELL: found "${name}", expected one of ${shellNames.join(', ')}${didYouMean(name, shellNames)}`,
      ])
    terminal.write(shells[shell](commands()))
    return Promise.resolve(exitCodes.done)
  },
})
