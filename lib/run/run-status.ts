import { stat } from 'node:fs/promises'
import { join } from 'node:path'
import { pipe } from 'fp-ts/lib/function.js'
import * as TE from 'fp-ts/lib/TaskEither.js'
import * as t from 'io-ts'
import { endings } from '../control/run-state.js'
import { exists } from '../file/exists.js'
import { FileError } from '../file/file-error.js'
import { describeFileProblem } from '../file/file-problem.js'
import { isMissing } from '../file/missing-file.js'
import { orThrow } from '../or-throw.js'
import type { Clock } from '../timing/clock.js'
import { runFiles } from './run-folder.js'
import { readRunLife } from './run-lock.js'
import { readSummaryAs, RunSummaryCodec } from './summary.js'

/** Status of a run, as read from its folder. */
export interface RunStatus {
  /** Null for a run that lives and has written no summary yet. The status of a run whose process is gone is `interrupted`. */
  readonly status: (typeof RunSummaryCodec.type.props.status)['_A'] | null
  /** Last sign of life of a run whose process is gone without an end in its summary; null for every other run. */
  readonly lastSign: Date | null
  /** Error that ended the run; null if no error did. */
  readonly failure: string | null
}

/**
 * Reads the status of a run from its summary and its lock.
 *
 * @units clock: seconds since 1970
 * @errors FileError for a summary or a lock that cannot be read
 */
export const readRunStatus = (folder: string, clock: Clock): TE.TaskEither<FileError, RunStatus> =>
  TE.tryCatch(
    async () => {
      const before = await readEnding(folder)
      if (hasEnded(before)) return { ...before, lastSign: null }
      const life = await readRunLife(folder, clock)
      if (life.life === 'alive') return { ...before, lastSign: null }
      // A run writes its last summary before it removes its lock, so the summary is read after the lock.
      const after = await readEnding(folder)
      if (hasEnded(after)) return { ...after, lastSign: null }
      // A folder that is away, or that a program writes by itself, has none of these files.
      if (life.life === 'unknown' && after.status === null && !(await exists(join(folder, runFiles.config))))
        return { ...after, lastSign: null }
      const lastSign = life.life === 'gone' ? life.since : await lastWrite(folder)
      return { status: 'interrupted', lastSign, failure: null }
    },
    (cause) =>
      cause instanceof FileError
        ? cause
        : new FileError(folder, describeFileProblem(cause), 'a run folder that can be read', { cause }),
  )

const { status, failure } = RunSummaryCodec.type.props

/** Only some fields are decoded, so that the summary of another version can be read. */
const EndingCodec = t.type({ status, failure }, 'RunSummary')

/** Fields of a {@link RunStatus} that the summary has. */
type SummaryStatus = Omit<RunStatus, 'lastSign'>

const hasEnded = ({ status }: SummaryStatus): boolean => endings.some((ending) => ending === status)

const readEnding = (folder: string): Promise<SummaryStatus> =>
  orThrow(
    pipe(
      readSummaryAs<SummaryStatus>(join(folder, runFiles.summary), EndingCodec),
      TE.orElse((error) => (isMissing(error.cause) ? TE.right({ status: null, failure: null }) : TE.left(error))),
    ),
  )

/**
 * Time of the last change of the files that a run writes first and most, for a folder without a lock: the run ended before its first
 * summary, a person removed the lock, or the folder was copied without it.
 */
const lastWrite = async (folder: string): Promise<Date> => {
  const times = await Promise.all(
    [runFiles.config, runFiles.summary, runFiles.metrics].map((name) =>
      stat(join(folder, name)).then(
        ({ mtimeMs }) => mtimeMs,
        () => 0,
      ),
    ),
  )
  return new Date(Math.max(...times))
}
