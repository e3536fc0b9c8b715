import { closeSync, openSync } from 'node:fs'
import { devNull } from 'node:os'
import { isatty } from 'node:tty'

/** Descriptors of standard input, output and error. */
const STANDARD = [0, 1, 2] as const

/**
 * Replaces the standard streams of a terminal that is gone when the process ends. At its end Node restores the settings of the
 * terminal, and aborts the process if it cannot, so that the exit code of the command would be lost.
 *
 * @source Node.js, src/node.cc, ResetStdio
 */
export const replaceGoneTerminalAtExit = (): void => {
  const terminals = STANDARD.filter((descriptor) => isatty(descriptor))
  process.on('exit', () => {
    for (const descriptor of terminals)
      if (!isatty(descriptor)) {
        closeSync(descriptor)
        // The system gives the lowest free descriptor, which is the one that was closed.
        openSync(devNull, 'r+')
      }
  })
}
