/** Where a command writes. */
export interface Terminal {
  /** Whether a person sees it redraw; otherwise no control codes are written. */
  readonly interactive: boolean
  readonly columns: number
  /** What was asked for: standard output. */
  write(text: string): void
  /** What is said besides: standard error. */
  note(text: string): void
}

export const processTerminal = (): Terminal => {
  for (const stream of [process.stdout, process.stderr]) stream.on('error', unlessClosed)
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

/** Whoever read our output may stop reading, as `head` does: the work goes on, and its files are written. */
const unlessClosed = (error: NodeJS.ErrnoException): void => {
  if (error.code !== 'EPIPE') throw error
}
