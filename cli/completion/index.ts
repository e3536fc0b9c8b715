import type { Command } from '../command.js'
import { bashScript } from './bash.js'
import { fishScript } from './fish.js'
import { zshScript } from './zsh.js'

/** Makers of completion scripts, by the name of their shell. */
export const shells = { bash: bashScript, zsh: zshScript, fish: fishScript } as const satisfies Readonly<
  Record<string, (commands: readonly Command[]) => string>
>

/** Name of a shell whose command lines can be completed. */
export type Shell = keyof typeof shells
