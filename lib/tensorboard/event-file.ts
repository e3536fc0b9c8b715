import { hostname } from 'node:os'
import { join } from 'node:path'
import { pipe } from 'fp-ts/lib/function.js'
import * as IOE from 'fp-ts/lib/IOEither.js'
import { FileError } from '../file/file-error.js'
import { openGrowingFile } from '../file/growing-file.js'
import type { Clock } from '../timing/clock.js'
import { type Event, encodeEvent } from './event-proto.js'
import { tfRecord } from './record.js'
import type { Scalar } from './scalars.js'
import { describeFolderProblem } from '../file/file-problem.js'

/** Event file that TensorBoard reads. A step is on disk when `append` returns, so that a run can be watched while it lasts. */
export interface EventFile {
  /**
   * Writes scalars at a number of finished steps: 1 for the metrics of the first step, 0 for an evaluation before it.
   *
   * @errors throws FileError
   */
  append(step: number, scalars: readonly Scalar[]): void
  /** Closes the file. A second call has no effect. */
  close(): void
}

/**
 * Creates an event file in a folder, `events.out.tfevents.SECONDS.HOST.PID.0`. The effect is synchronous, so that a log is open
 * before the first step.
 *
 * @units clock: seconds since 1970
 * @errors FileError for a file that cannot be created
 */
export const openEventFile = (folder: string, clock: Clock): IOE.IOEither<FileError, EventFile> =>
  pipe(
    clock,
    // An error of the clock is not one of the folder: it passes unchanged.
    IOE.fromIO,
    IOE.chain((wallTime) => createEventFile(folder, clock, wallTime)),
  )

const createEventFile = (folder: string, clock: Clock, wallTime: number): IOE.IOEither<FileError, EventFile> => {
  const seconds = String(Math.floor(wallTime)).padStart(10, '0')
  const file = join(folder, `events.out.tfevents.${seconds}.${hostname()}.${process.pid}.0`)
  return pipe(
    openGrowingFile(file, 'an event file that can be written'),
    IOE.mapLeft(
      ({ cause }) =>
        new FileError(folder, describeFolderProblem(cause), 'a folder where a file can be created', { cause }),
    ),
    IOE.chain(({ append, close }) => {
      const write = (event: Event) => append(tfRecord(encodeEvent(event)))
      return IOE.tryCatch(
        () => {
          write({ wallTime, fileVersion: 'brain.Event:2' })
          return { append: (step, scalars) => write({ wallTime: clock(), step, scalars }), close } satisfies EventFile
        },
        (error) => error as FileError,
      )
    }),
  )
}
