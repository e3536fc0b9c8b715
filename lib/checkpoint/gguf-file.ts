import * as E from 'fp-ts/lib/Either.js'
import type * as TE from 'fp-ts/lib/TaskEither.js'
import type { HostTensor } from '../compute/program/node.js'
import type { CheckpointError } from './checkpoint-error.js'
import { iterateFile, withFile } from './file-parts.js'
import { narrowOf } from './half.js'
import { limits } from './limits.js'
import { decodeGgufHeader, type GgufHeader, isGguf, MAGIC } from './gguf.js'

/** A GGUF file with its decoded header. */
export interface GgufFile extends GgufHeader {
  /** Reads tensors one at a time while they are iterated. @errors throws CheckpointError */
  readonly tensors: (names: Iterable<string>) => AsyncIterable<readonly [string, HostTensor]>
}

/** Number of bytes that are read first. The header of a large vocabulary is longer. @units bytes */
const FIRST_READ = 2 ** 22

/**
 * Returns whether a file begins with the bytes of a GGUF file. `expected` describes the file in errors.
 *
 * @errors CheckpointError for a file that cannot be read
 */
export const isGgufFile = (file: string, expected: string): TE.TaskEither<CheckpointError, boolean> =>
  withFile(file, expected, async ({ size, read }) =>
    E.right(isGguf(new Uint8Array(await read(0, Math.min(MAGIC.length, size))))),
  )

/** Opens a GGUF file and reads its header. @errors CheckpointError */
export const openGguf = (file: string): TE.TaskEither<CheckpointError, GgufFile> =>
  withFile(file, 'a .gguf file', async ({ size, read }) => {
    for (let length = Math.min(FIRST_READ, size); ; length = Math.min(4 * length, size, limits.ggufHeader)) {
      const header = decodeGgufHeader(new Uint8Array(await read(0, length)), size, file)
      if (E.isLeft(header)) return header
      if (header.right !== null) return E.right({ ...header.right, tensors: tensorsOf(file, header.right) })
    }
  })

const tensorsOf =
  (file: string, { entries }: GgufHeader) =>
  (names: Iterable<string>) => ({
    [Symbol.asyncIterator]: () =>
      iterateFile(file, async function* ({ read }) {
        for (const name of names) {
          const { type, shape, start, end } = entries.get(name)!
          const data = type.decode(await read(start, end - start), `${file}, ${name}`)
          yield [name, { shape, data, ...narrowOf(type.name) }] as const
        }
      }),
  })
