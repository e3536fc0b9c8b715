import type { CommandDescription } from './help.js'
import type { FlagValues } from './parse-flags.js'
import type { Terminal } from './terminal.js'

/** Command of `entrain`. */
export interface Command extends CommandDescription {
  /** Names of the words besides the flags. The last may end in three dots, as in `RUN...`: it takes one or more words. */
  readonly positionals: readonly string[]
  /** Runs the command and returns its exit code. @errors any error; a ConfigError is an error that the user can correct */
  readonly run: (flags: FlagValues, words: readonly string[], terminal: Terminal) => Promise<number>
}
