import { mkdir, readdir, rm } from 'node:fs/promises'
import { basename, join } from 'node:path'
import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import * as TE from 'fp-ts/lib/TaskEither.js'
import * as t from 'io-ts'
import { FilteredBatchCodec } from '../codec/value/batch.js'
import { FileError } from '../file/file-error.js'
import { describeFileProblem, describeFolderProblem } from '../file/file-problem.js'
import { parseJson } from '../file/parse-json.js'
import { readRegularFile } from '../file/regular-file.js'
import { writeWhole } from '../file/write-whole.js'
import type { RefusedBatch } from '../policy/quarantine.js'
import { runFiles } from './run-folder.js'

/** Marks a file of this kind and its version. */
const FORMAT = 'entrain quarantine 1'

/** Number of batches that a quarantine keeps. An older batch makes room for a newer one. */
export const MAX_KEPT = 10

/** Largest file of a batch that is read; no longer text fits a string of JavaScript. @units bytes */
const MAX_BYTES = 2 ** 29

/** Codec of a file in the quarantine. NaN and infinity are words in it, as {@link FilteredBatchCodec} writes them. */
const QuarantineFileCodec = t.type(
  {
    format: t.literal(FORMAT),
    reason: t.keyof({ 'non-finite-loss': null, 'non-finite-weights': null, 'gradient-spike': null } satisfies Record<
      RefusedBatch['reason'],
      null
    >),
    batch: FilteredBatchCodec,
  },
  'a quarantined batch',
)

/**
 * Writes a refused batch into the folder `quarantine` of a run folder, as `step-000012.json` for the step 12, and returns the
 * path of the file. The folder keeps the {@link MAX_KEPT} newest batches.
 *
 * @errors FileError
 */
export const keepRefused = (folder: string, { reason, batch }: RefusedBatch): TE.TaskEither<FileError, string> => {
  const quarantine = join(folder, runFiles.quarantine)
  const file = join(quarantine, `step-${String(batch.step).padStart(6, '0')}.json`)
  return pipe(
    TE.tryCatch(
      () => mkdir(quarantine, { recursive: true }),
      (cause) => new FileError(quarantine, describeFolderProblem(cause), 'a folder that can be created', { cause }),
    ),
    TE.chainEitherK(() => encode(file, { reason, batch })),
    TE.chain((text) => writeWhole(file, text)),
    TE.chain(() => removeOldest(quarantine, basename(file))),
    TE.map(() => file),
  )
}

/** Reads a batch that {@link keepRefused} wrote. @errors FileError that names the file and the field */
export const readRefused = (file: string): TE.TaskEither<FileError, RefusedBatch> =>
  pipe(
    TE.tryCatch(
      () => readRegularFile(file, MAX_BYTES),
      (cause) => new FileError(file, describeFileProblem(cause), 'a quarantined batch', { cause }),
    ),
    TE.chainEitherK((bytes) => parseJson(file, bytes.toString('utf8'), QuarantineFileCodec)),
  )

const encode = (file: string, refused: RefusedBatch): E.Either<FileError, string> =>
  E.tryCatch(
    () => `${JSON.stringify(QuarantineFileCodec.encode({ format: FORMAT, ...refused }))}\n`,
    (cause) => new FileError(file, describeFileProblem(cause), 'a batch that fits one text', { cause }),
  )

/** Removes the batches of the earliest steps, but never the one that was just written: a resumed run repeats steps. */
const removeOldest = (quarantine: string, written: string): TE.TaskEither<FileError, void> =>
  TE.tryCatch(
    async () => {
      const others = (await readdir(quarantine)).filter((name) => name !== written && NAME.test(name))
      const oldest = others.sort((a, b) => stepIn(a) - stepIn(b)).slice(0, Math.max(0, others.length + 1 - MAX_KEPT))
      for (const name of oldest) await rm(join(quarantine, name), { force: true })
    },
    (cause) => new FileError(quarantine, describeFileProblem(cause), 'a folder whose files can be removed', { cause }),
  )

const NAME = /^step-(\d+)\.json$/

const stepIn = (name: string): number => Number(NAME.exec(name)![1])
