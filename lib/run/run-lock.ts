import { createHash } from 'node:crypto'
import { open, rm, stat, utimes } from 'node:fs/promises'
import { join } from 'node:path'
import * as E from 'fp-ts/lib/Either.js'
import * as TE from 'fp-ts/lib/TaskEither.js'
import * as t from 'io-ts'
import { firstValueFrom, type Observable, ReplaySubject, timer } from 'rxjs'
import { FileError } from '../file/file-error.js'
import { describeFileProblem } from '../file/file-problem.js'
import { isMissing } from '../file/missing-file.js'
import { parseJson } from '../file/parse-json.js'
import { readRegularFile } from '../file/regular-file.js'
import { writeWhole } from '../file/write-whole.js'
import { orThrow } from '../or-throw.js'
import { once } from '../resource.js'
import type { Clock } from '../timing/clock.js'
import { identifyProcess, isRunning, type ProcessIdentity, ProcessIdentityCodec } from './process-identity.js'
import { runFiles } from './run-folder.js'

/** Lock of a run folder, which this process holds. No other process claims the folder. */
export interface RunLock {
  /** Removes the lock. A second call has no effect. */
  readonly release: () => Promise<void>
  /**
   * Emits when another process has taken over the lock, because this process or its machine was suspended and gave no sign of life. A
   * later subscriber gets it too.
   */
  readonly lost$: Observable<void>
}

/** Life of the process that writes a run folder: `alive`, `gone` since its last sign of life, or `unknown` because no lock exists. */
export type RunLife = { readonly life: 'alive' | 'unknown' } | { readonly life: 'gone'; readonly since: Date }

/** Error of a folder that another process has claimed. */
export class ClaimedByOther extends FileError {}

/** Time between two signs of life of a process that holds a lock: it sets the modification time of the file. @units ms */
const BEAT_EVERY = 5000

/** Time without a sign of life after which a process that cannot be seen from this machine counts as gone. @units seconds */
const SILENCE = 60

/** Time for which the lock of such a process is watched before it is taken over. @units ms */
const WATCH_FOR = 3 * BEAT_EVERY

/** Largest lock file. @units bytes */
const MAX_LOCK = 2 ** 16

/** Content of a lock file. */
const LockCodec = t.readonly(
  t.intersection([
    ProcessIdentityCodec,
    /** Time of the claim, which makes two locks of one process differ. @units seconds since 1970 */
    t.type({ claimed: t.number }),
  ]),
)

interface FoundLock {
  readonly text: string
  /** Process that holds the lock; null if the file is not complete, because its process ended while it wrote it. */
  readonly holder: ProcessIdentity | null
  readonly beat: Date
}

/**
 * Claims a run folder for this process. The lock of a process that is gone is taken over. While the lock is held, its
 * modification time is a sign of life for other machines that share the file system. If the process cannot be seen from here, its lock
 * is watched for 15 seconds first, because the clock of its machine may be behind.
 *
 * @units clock: seconds since 1970
 * @errors ClaimedByOther for a folder that a process has claimed; FileError for a lock that cannot be written
 */
export const claimRun = (folder: string, clock: Clock): TE.TaskEither<FileError, RunLock> =>
  TE.tryCatch(
    async () => {
      const file = join(folder, runFiles.lock)
      const text = `${JSON.stringify({ ...(await identifyProcess(clock)), claimed: clock() })}\n`
      const other = await claimFile(file, text, clock)
      if (other !== null) throw await claimedBy(folder, other, clock)
      return holdLock(file, text, clock)
    },
    (cause) =>
      cause instanceof FileError
        ? cause
        : new FileError(folder, describeFileProblem(cause), 'a folder whose lock can be written', { cause }),
  )

/**
 * Reads from the lock of a run folder whether its process still runs. A process of another machine, of another boot or in another
 * container counts as gone after a minute without a sign of life, by the clock of this machine. Outside Linux this is so for each
 * process whose pid exists.
 *
 * @units clock: seconds since 1970
 * @errors rejects with the error of the file system for a lock that cannot be read
 */
export const readRunLife = async (folder: string, clock: Clock): Promise<RunLife> => {
  const found = await readLock(join(folder, runFiles.lock))
  if (found === null) return { life: 'unknown' }
  return (await isHeld(found, clock)) ? { life: 'alive' } : { life: 'gone', since: found.beat }
}

const claimedBy = async (folder: string, { holder }: FoundLock, clock: Clock): Promise<ClaimedByOther> => {
  const isSeen = (await isHolderRunning(holder, clock)) !== null
  return new ClaimedByOther(
    folder,
    holder === null
      ? 'a run that a process is starting'
      : `a run that process ${holder.pid} on ${holder.host} is training`,
    `a run that no process is training${isSeen ? '' : `; a process that cannot be seen from here counts as gone ${SILENCE} s after its last sign of life`}`,
  )
}

const holdLock = (file: string, text: string, clock: Clock): RunLock => {
  const lost$ = new ReplaySubject<void>(1)
  const beat = async (): Promise<void> => {
    const found = await readLock(file)
    if (found?.text === text) await utimes(file, clock(), clock())
    // A lock that a person removed is made again, unless another process has the folder now.
    else if (found !== null || !(await createFile(file, text))) lost$.next()
  }
  // A beat that fails is made up for by the next one: the folder may be away for a while.
  let beating = Promise.resolve()
  const timer = setInterval(() => {
    beating = beating.then(beat).catch(() => undefined)
  }, BEAT_EVERY)
  timer.unref()
  return {
    lost$,
    release: once(async () => {
      clearInterval(timer)
      await beating
      const found = await readLock(file).catch(() => null)
      // A lock that cannot be removed does no harm: its process is gone soon.
      if (found?.text === text) await rm(file, { force: true }).catch(() => undefined)
    }),
  }
}

/**
 * Creates a lock file; returns the lock of the process that holds it, or null if this process does now.
 *
 * Two processes may find the same lock of a process that is gone, so the right to replace this lock is a lock file itself,
 * with a name made from its content. The lock is read again under this right, because another process may have replaced it
 * before.
 */
const claimFile = async (file: string, text: string, clock: Clock): Promise<FoundLock | null> => {
  if (await createFile(file, text)) return null
  const found = await readLock(file)
  if (found === null) return claimFile(file, text, clock)
  const held = (await isHeld(found, clock)) ? found : await nextSign(file, found, clock)
  if (held !== null) return held
  const right = `${file}.${createHash('sha256').update(found.text).digest('hex').slice(0, 16)}`
  const other = await claimFile(right, text, clock)
  if (other !== null) return other
  try {
    if ((await readLock(file))?.text === found.text) {
      await orThrow(writeWhole(file, text))
      return null
    }
  } finally {
    await rm(right, { force: true })
  }
  return claimFile(file, text, clock)
}

/** Creates a file with a text, or none at all. Returns false if the file exists. */
const createFile = async (file: string, text: string): Promise<boolean> => {
  const handle = await open(file, 'wx').catch(nullIfExists)
  if (handle === null) return false
  try {
    await handle.writeFile(text)
    return true
  } catch (error) {
    // An incomplete lock would count as held for a while. The error of the write says more than one of the removal.
    await rm(file, { force: true }).catch(() => undefined)
    throw error
  } finally {
    await handle.close()
  }
}

const nullIfExists = (error: unknown): null => {
  if (error instanceof Error && 'code' in error && error.code === 'EEXIST') return null
  throw error
}

const readLock = async (file: string): Promise<FoundLock | null> => {
  try {
    const [bytes, { mtime }] = await Promise.all([readRegularFile(file, MAX_LOCK), stat(file)])
    const text = bytes.toString('utf8')
    const lock = parseJson(file, text, LockCodec)
    return { text, holder: E.isRight(lock) ? lock.right : null, beat: mtime }
  } catch (error) {
    if (isMissing(error)) return null
    throw error
  }
}

const isHeld = async ({ holder, beat }: FoundLock, clock: Clock): Promise<boolean> =>
  (await isHolderRunning(holder, clock)) ?? clock() - beat.getTime() / 1000 < SILENCE

const isHolderRunning = async (holder: FoundLock['holder'], clock: Clock): Promise<boolean | null> =>
  holder === null ? null : isRunning(holder, clock)

/** Watches the lock of a process that cannot be seen; returns the lock if the process gives a sign of life meanwhile, or null. */
const nextSign = async (file: string, { holder, beat }: FoundLock, clock: Clock): Promise<FoundLock | null> => {
  if ((await isHolderRunning(holder, clock)) === false) return null
  await firstValueFrom(timer(WATCH_FOR))
  const now = await readLock(file)
  return now !== null && now.beat.getTime() !== beat.getTime() ? now : null
}
