import { type Observable, ReplaySubject } from 'rxjs'
import { describeFileProblem } from '../lib/file/file-problem.js'

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
  /**
   * Emits each note that standard error does not take, and a message about each stream that does not take its text any more. A later
   * subscriber gets the earlier ones.
   */
  readonly lost$: Observable<string>
  /** Returns true after standard output did not take its text, although its reader did not close it. */
  readonly hasLostResults: () => boolean
}

/** Maximum number of texts that a later subscriber gets. */
const KEPT = 100

/** Size of a window that is not known. */
const USUAL = { columns: 80, rows: 24 }

/** Streams of a process. */
export interface OutputStreams {
  readonly stdout: NodeJS.WriteStream
  readonly stderr: NodeJS.WriteStream
}

/**
 * Terminal of the streams of a process. A stream that is closed, full or gone ends no command, because the files of the command
 * are still needed: its text is dropped, and `lost$` emits a message once, and every note.
 */
export const processTerminal = ({ stdout, stderr }: OutputStreams = process): Terminal => {
  const lost$ = new ReplaySubject<string>(KEPT)
  let hasLostResults = false
  const writeError = writeSafely(stderr, (error) => lost$.next(lossText('standard error', error)))
  const writeOutput = writeSafely(stdout, (error) => {
    const text = lossText('standard output', error)
    lost$.next(text)
    // A reader such as `head` stops reading when it has enough, so no result is lost.
    if (codeOf(error) === 'EPIPE') return
    hasLostResults = true
    writeError(`${text}\n`)
  })
  const { isTTY } = stderr
  return {
    interactive: isTTY,
    // A terminal that does not know its size says 0.
    get columns() {
      return (isTTY && stderr.columns) || USUAL.columns
    },
    get rows() {
      return (isTTY && stderr.rows) || USUAL.rows
    },
    write: (text) => writeOutput(withoutControls(text)),
    progress: (text) => writeError(text),
    note: (text) => {
      const shown = withoutControls(text)
      writeError(`${shown}\n`, () => lost$.next(shown))
    },
    lost$,
    hasLostResults: () => hasLostResults,
  }
}

/**
 * Replaces control characters, except line ends and tabs. A completion, the name of a tensor or a message in a log of others must
 * not move the cursor, or write the title of the window.
 */
const withoutControls = (text: string): string => text.replaceAll(/[^\P{Cc}\n\t]/gu, '\ufffd')

/** Drops the progress of a terminal. Results, notes and errors remain. */
export const quiet = (terminal: Terminal): Terminal => ({ ...terminal, interactive: false, progress: () => undefined })

/** Writes a text to a stream and never throws. `onDrop` is called if the stream does not take the text. */
type Write = (text: string, onDrop?: () => void) => void

/** Returns a function that writes to a stream. `onLoss` is called at the first error. */
const writeSafely = (stream: NodeJS.WriteStream, onLoss: (error: unknown) => void): Write => {
  let isLost = false
  const lose = (error: unknown) => {
    if (isLost) return
    isLost = true
    onLoss(error)
  }
  // The listener stays, because a stream reports the error of a write later, and an error without a listener ends the process.
  stream.on('error', lose)
  return (text, onDrop) => {
    const drop = (error: unknown) => {
      lose(error)
      onDrop?.()
    }
    try {
      // A full disk may have room again, so that a stream is written also after an error.
      stream.write(text, (error) => {
        if (error instanceof Error) drop(error)
      })
    } catch (error) {
      drop(error)
    }
  }
}

const codeOf = (error: unknown): unknown => (error instanceof Error && 'code' in error ? error.code : undefined)

/** Problems of a stream for which the words for a file would be wrong. */
const problems: Readonly<Record<string, string>> = {
  EPIPE: 'a reader that closed it',
  EIO: 'a terminal that is gone',
}

const lossText = (name: string, error: unknown): string =>
  `${name}: found ${problems[String(codeOf(error))] ?? describeFileProblem(error)}: its text is lost, and the command continues`
