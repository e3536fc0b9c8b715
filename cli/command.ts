import type { Given } from './parse-flags.js'
import type { Described } from './help.js'
import type { Terminal } from './terminal.js'

/** One of the things `entrain` does. */
export interface Command extends Described {
  /** Names of the words it takes besides its flags; `NAME...`, the last, stands for one or more. */
  readonly positionals: readonly string[]
  /** Does it and gives the exit code. @errors whatever went wrong; a ConfigError is the caller's to mend */
  readonly run: (flags: Given, words: readonly string[], terminal: Terminal) => Promise<number>
}
