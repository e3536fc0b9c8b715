import type { CommandDescription } from './help.js'
import type { FlagValues } from './parse-flags.js'
import type { Terminal } from './terminal.js'

/** Command of `entrain`. */
export interface Command extends CommandDescription {
  /**
   * Names of the words besides the flags. The last may end in three dots, as in `RUN...`: it takes one or more words. One in
   * brackets, as in `[COMMAND]`, may be left out.
   */
  readonly positionals: readonly string[]
  /** Values of the words, for the completion of command lines; absent for paths and names that cannot be listed. */
  readonly words?: () => readonly string[]
  /** True if files hold the results too, so that the command succeeds although standard output did not take them. */
  readonly keepsResults?: boolean
  /** Runs the command and returns its exit code. @errors any error; a ConfigError is an error that the user can correct */
  readonly run: (flags: FlagValues, words: readonly string[], terminal: Terminal) => Promise<number>
}
