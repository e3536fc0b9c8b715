import * as E from 'fp-ts/lib/Either.js'
import type * as TE from 'fp-ts/lib/TaskEither.js'
import type { HostTensor } from '../compute/program/node.js'
import type { CheckpointError } from './checkpoint-error.js'
import { eachOf, withFile } from './file-parts.js'
import { decodeHeader, decodeTensor, headerEnd, PREFIX, type SafetensorsHeader } from './safetensors.js'

/** A safetensors file whose header was read. */
export interface SafetensorsFile extends SafetensorsHeader {
  /** Reads these, one at a time, each when it is asked for. @errors throws CheckpointError */
  readonly tensors: (names: Iterable<string>) => AsyncIterable<readonly [string, HostTensor]>
}

/** Reads the header of a file. @errors CheckpointError */
export const openSafetensors = (file: string, expected: string): TE.TaskEither<CheckpointError, SafetensorsFile> =>
  withFile(file, expected, async ({ size, read }) => {
    const end = headerEnd(new Uint8Array(await read(0, Math.min(PREFIX, size))), size, file)
    if (E.isLeft(end)) return end
    const json = new Uint8Array(await read(PREFIX, end.right - PREFIX))
    return E.map((header: SafetensorsHeader) => ({ ...header, tensors: tensorsOf(file, header, end.right) }))(
      decodeHeader(json, size - end.right, file),
    )
  })

const tensorsOf =
  (file: string, { entries }: SafetensorsHeader, body: number) =>
  (names: Iterable<string>) => ({
    [Symbol.asyncIterator]: () =>
      eachOf(file, async function* ({ read }) {
        for (const name of names) {
          const entry = entries.get(name)!
          yield [name, decodeTensor(entry, await read(body + entry.start, entry.end - entry.start))] as const
        }
      }),
  })
