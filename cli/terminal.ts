/** Output of a command. */
export interface Terminal {
  /** True if a person sees the output redraw. If false, no control codes are written. */
  readonly interactive: boolean
  readonly columns: number
  /** Writes results to standard output. */
  readonly write: (text: string) => void
  /** Writes a note, a warning or an error to standard error. */
  readonly note: (text: string) => void
}

export const processTerminal = (): Terminal => {
  for (const stream of [process.stdout, process.stderr]) stream.on('error', ignoreClosedPipe)
  return {
    interactive: process.stdout.isTTY,
    get columns() {
      return process.stdout.isTTY ? process.stdout.columns : 80
    },
    write: (text) => {
      process.stdout.write(text)
    },
    note: (text) => {
      process.stderr.write(`${text}\n`)
    },
  }
}

/** A reader of the output, such as `head`, may stop reading. The command continues, because its files are still needed. */
const ignoreClosedPipe = (error: NodeJS.ErrnoException): void => {
  if (error.code !== 'EPIPE') throw error
}
