import { rename, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { pipe } from 'fp-ts/lib/function.js'
import * as TE from 'fp-ts/lib/TaskEither.js'
import * as t from 'io-ts'
import { limits } from '../checkpoint/limits.js'
import type { RunServer } from '../control/run-state.js'
import { FileError } from '../file/file-error.js'
import { describeFileProblem } from '../file/file-problem.js'
import { isMissing } from '../file/missing-file.js'
import { parseJson } from '../file/parse-json.js'
import { readRegularFile } from '../file/regular-file.js'
import { runFiles } from './run-folder.js'
import { RunServerCodec } from './run-server-codec.js'

const RunServersCodec = t.readonlyArray(RunServerCodec, 'RunServers')

/**
 * Writes the state of the servers of a run into its folder, in place of the state before. A reader sees one or the other. The file is
 * not forced onto the device, because it is written often and says nothing about a run whose machine has stopped.
 *
 * @errors FileError
 */
export const writeRunServers = (folder: string, servers: readonly RunServer[]): TE.TaskEither<FileError, void> => {
  const file = join(folder, runFiles.servers)
  return TE.tryCatch(
    async () => {
      await writeFile(`${file}.part`, `${JSON.stringify(servers)}\n`)
      await rename(`${file}.part`, file)
    },
    (cause) => new FileError(file, describeFileProblem(cause), 'a file that can be written', { cause }),
  )
}

/** Reads the last state of the servers of a run; null for a run without servers. @errors FileError */
export const readRunServers = (folder: string): TE.TaskEither<FileError, readonly RunServer[] | null> => {
  const file = join(folder, runFiles.servers)
  return pipe(
    TE.tryCatch(
      async () => (await readRegularFile(file, limits.json)).toString('utf8'),
      (cause) => new FileError(file, describeFileProblem(cause), 'the servers of a run', { cause }),
    ),
    TE.chainEitherK((text) => parseJson(file, text, RunServersCodec)),
    TE.orElseW((error) => (isMissing(error.cause) ? TE.right(null) : TE.left(error))),
  )
}
