import { defer, lastValueFrom, type Observable, of, race, retry, tap, throwError, timer } from 'rxjs'
import { FileError } from '../../lib/file/file-error.js'
import { fileErrorCode } from '../../lib/file/file-error-code.js'
import type { SpareFile } from '../../lib/run/spare-file.js'
import { sizeText } from '../display/words.js'
import { explain } from '../exit.js'
import type { TrainingRun } from './open-run.js'

/** Parts of a run that waiting for its disk needs. */
export type DiskWait = Pick<TrainingRun, 'terminal'> & {
  readonly interruption: Pick<TrainingRun['interruption'], 'stop$' | 'isRequested'>
  readonly spare: Pick<SpareFile, 'giveUp'>
}

/** Codes of errors of the file system that may pass. */
const passing: readonly (string | null)[] = [
  // The disk is full, read-only or failing.
  ...['ENOSPC', 'EDQUOT', 'EROFS', 'EIO'],
  // The folder has vanished.
  ...['ENOENT', 'ENOTDIR', 'EACCES', 'ENODEV', 'ENXIO'],
  // The server of a network file system does not answer, or its mount is broken.
  ...['ESTALE', 'ENOTCONN', 'ECONNABORTED', 'ETIMEDOUT', 'EHOSTDOWN', 'EHOSTUNREACH'],
]

/** Longest time between two attempts. @units seconds */
const LONGEST = 60

/** Delay of `retry` for a write into the run folder: it emits when the write is to be repeated, and fails with an error that cannot pass. */
export type DiskDelay = (error: unknown, attempt: number) => Observable<unknown>

/**
 * Waits for the disk of a run. The spare file of the run is given up first. A note says why the run waits. A request to stop
 * ends the wait: one more attempt is made at once, and its error is final. The caller holds updates and rollouts meanwhile.
 *
 *     attempts     x-x--x----x--------x …      1, 2, 4, 8 … seconds between them, at most 60
 *     stop         ---------------s
 *     attempts     x-x--x----x----(x#)
 */
export const waitForDisk =
  ({ terminal, interruption, spare }: DiskWait): DiskDelay =>
  (error, attempt) => {
    if (!canPass(error)) return throwError(() => error)
    const freed = spare.giveUp()
    if (freed > 0) {
      terminal.note(`${explain(error)}; the spare file of ${sizeText(freed)} is given up`)
      return of(attempt)
    }
    if (interruption.isRequested()) return throwError(() => error)
    const seconds = Math.min(LONGEST, 2 ** (attempt - 1))
    terminal.note(`${explain(error)}; training waits, and tries again in ${seconds} s`)
    return race(timer(1000 * seconds), interruption.stop$)
  }

const canPass = (error: unknown): boolean => error instanceof FileError && passing.includes(fileErrorCode(error.cause))

/** Returns the status of a run that ends with an error: it is interrupted if its disk was still full at a request to stop. */
export const endingAfter = (
  { interruption }: Pick<DiskWait, 'interruption'>,
  error: unknown,
): 'failed' | 'interrupted' => (interruption.isRequested() && canPass(error) ? 'interrupted' : 'failed')

/** Repeats a write into the run folder until the disk takes it. Notes when training goes on. @errors those that cannot pass */
export const untilWritten = <A>(wait: DiskWait, write: () => A | Promise<A>): Promise<A> => {
  let waited = false
  const delay = waitForDisk(wait)
  return lastValueFrom(
    defer(async () => write()).pipe(
      retry({
        delay: (error, attempt) => {
          waited = true
          return delay(error, attempt)
        },
      }),
      tap(() => {
        if (waited) wait.terminal.note('the disk takes the files of the run again')
      }),
    ),
  )
}
