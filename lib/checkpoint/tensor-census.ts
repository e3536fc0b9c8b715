import { readdir, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { pipe } from 'fp-ts/lib/function.js'
import * as TE from 'fp-ts/lib/TaskEither.js'
import type { Shape } from '../compute/program/node.js'
import { type Census, startCensus } from '../census.js'
import { CheckpointError } from './checkpoint-error.js'
import { toCheckpointError } from './file-parts.js'
import { isGgufFile, openGguf } from './gguf-file.js'
import { openSafetensors } from './safetensors-file.js'

/** A stored tensor and a summary of its numbers. */
export interface TensorCensus {
  readonly file: string
  readonly name: string
  readonly shape: Shape
  readonly census: Census
}

const EXPECTED = 'a .safetensors file, a .gguf file, or a folder with .safetensors files'

/**
 * Summarises the numbers of every tensor of a safetensors file, a GGUF file, or all safetensors files of a folder, such as a
 * model or adapters. Every number is read once, and no two tensors are in memory at the same time.
 *
 * @errors CheckpointError that names the file, and the tensor if there is one
 */
export const censusOfTensors = (path: string): TE.TaskEither<CheckpointError, readonly TensorCensus[]> =>
  pipe(
    filesIn(path),
    TE.chain((files) => pipe(files, TE.traverseSeqArray(censusOfFile))),
    TE.map((tensors) => tensors.flat()),
  )

const filesIn = (path: string): TE.TaskEither<CheckpointError, readonly string[]> =>
  pipe(
    TE.tryCatch(
      async () => ((await stat(path)).isDirectory() ? await readdir(path) : null),
      (cause) => toCheckpointError(path, cause, EXPECTED),
    ),
    TE.map((names) =>
      names === null ? [path] : names.filter((name) => name.endsWith('.safetensors')).map((name) => join(path, name)),
    ),
    TE.filterOrElse(
      (files) => files.length > 0,
      () => new CheckpointError(path, 'a folder without a .safetensors file', EXPECTED),
    ),
  )

const censusOfFile = (file: string): TE.TaskEither<CheckpointError, readonly TensorCensus[]> =>
  pipe(
    isGgufFile(file, EXPECTED),
    TE.chain((isGguf) => (isGguf ? censusOfGguf(file) : censusOfSafetensors(file))),
  )

const censusOfSafetensors = (file: string) =>
  pipe(
    openSafetensors(file, EXPECTED),
    TE.chain(({ entries, pieces }) =>
      reading(file, async () => {
        const found: TensorCensus[] = []
        for (const [name, { shape }] of entries) {
          const counting = startCensus()
          for await (const piece of pieces(name)) counting.add(piece)
          found.push({ file, name, shape, census: counting.result() })
        }
        return found
      }),
    ),
  )

const censusOfGguf = (file: string) =>
  pipe(
    openGguf(file),
    TE.chain(({ entries, tensors }) =>
      reading(file, async () => {
        const found: TensorCensus[] = []
        for await (const [name, { shape, data }] of tensors(entries.keys())) {
          const counting = startCensus()
          counting.add(data)
          found.push({ file, name, shape, census: counting.result() })
        }
        return found
      }),
    ),
  )

const reading = <A>(file: string, read: () => Promise<A>): TE.TaskEither<CheckpointError, A> =>
  TE.tryCatch(read, (cause) =>
    cause instanceof CheckpointError ? cause : toCheckpointError(file, cause, 'weights that can be read'),
  )
