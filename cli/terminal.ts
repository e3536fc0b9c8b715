/** Output of a command. Results and progress have different streams, so that `entrain eval --json | jq` works. */
export interface Terminal {
  /** True if a person sees the progress redraw. If false, no control codes are written. */
  readonly interactive: boolean
  /** Size of the window that shows the progress. */
  readonly columns: number
  readonly rows: number
  /** Writes results to standard output. */
  readonly write: (text: string) => void
  /** Writes progress to standard error. `--quiet` drops it. */
  readonly progress: (text: string) => void
  /** Writes a note, a warning or an error to standard error, also with `--quiet`. */
  readonly note: (text: string) => void
}

/** Size of a window that is not known. */
const USUAL = { columns: 80, rows: 24 }

export const processTerminal = (): Terminal => {
  for (const stream of [process.stdout, process.stderr]) stream.on('error', ignoreClosedPipe)
  const { isTTY } = process.stderr
  return {
    interactive: isTTY,
    // A terminal that does not know its size says 0.
    get columns() {
      return (isTTY && process.stderr.columns) || USUAL.columns
    },
    get rows() {
      return (isTTY && process.stderr.rows) || USUAL.rows
    },
    write: (text) => {
      process.stdout.write(withoutControls(text))
    },
    progress: (text) => {
      process.stderr.write(text)
    },
    note: (text) => {
      process.stderr.write(`${withoutControls(text)}\n`)
    },
  }
}

/**
 * Replaces control characters, except line ends and tabs. A completion, the name of a tensor or a message in a log of others must
 * not move the cursor, or write the title of the window.
 */
const withoutControls = (text: string): string => text.replaceAll(/[^\P{Cc}\n\t]/gu, '\ufffd')

/** Drops the progress of a terminal. Results, notes and errors remain. */
export const quiet = (terminal: Terminal): Terminal => ({ ...terminal, interactive: false, progress: () => undefined })

/** A reader of the output, such as `head`, may stop reading. The command continues, because its files are still needed. */
const ignoreClosedPipe = (error: NodeJS.ErrnoException): void => {
  if (error.code !== 'EPIPE') throw error
}
