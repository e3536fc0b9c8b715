import * as E from 'fp-ts/lib/Either.js'
import type * as TE from 'fp-ts/lib/TaskEither.js'
import type { HostTensor } from '../compute/program/node.js'
import type { CheckpointError } from './checkpoint-error.js'
import { eachOf, withFile } from './file-parts.js'
import { decodeGgufHeader, type GgufHeader, isGguf, MAGIC } from './gguf.js'

/** A GGUF file whose header was read. */
export interface GgufFile extends GgufHeader {
  /** Reads these, one at a time, each when it is asked for. @errors throws CheckpointError */
  readonly tensors: (names: Iterable<string>) => AsyncIterable<readonly [string, HostTensor]>
}

/** What is read at first; a header of a large vocabulary takes more. @units bytes */
const FIRST = 2 ** 22

/** Whether its first bytes say so; `expected` says what the file may be. @errors CheckpointError where it cannot be read */
export const isGgufFile = (file: string, expected: string): TE.TaskEither<CheckpointError, boolean> =>
  withFile(file, expected, async ({ size, read }) =>
    E.right(isGguf(new Uint8Array(await read(0, Math.min(MAGIC.length, size))))),
  )

/** Reads the header of a file. @errors CheckpointError */
export const openGguf = (file: string): TE.TaskEither<CheckpointError, GgufFile> =>
  withFile(file, 'a .gguf file', async ({ size, read }) => {
    for (let length = Math.min(FIRST, size); ; length = Math.min(2 * length, size)) {
      const header = decodeGgufHeader(new Uint8Array(await read(0, length)), size, file)
      if (E.isLeft(header)) return header
      if (header.right !== null) return E.right({ ...header.right, tensors: tensorsOf(file, header.right) })
    }
  })

const tensorsOf =
  (file: string, { entries }: GgufHeader) =>
  (names: Iterable<string>) => ({
    [Symbol.asyncIterator]: () =>
      eachOf(file, async function* ({ read }) {
        for (const name of names) {
          const { type, shape, start, end } = entries.get(name)!
          yield [name, { shape, data: type.decode(await read(start, end - start)) }] as const
        }
      }),
  })
