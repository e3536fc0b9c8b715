import * as E from 'fp-ts/lib/Either.js'
import type * as TE from 'fp-ts/lib/TaskEither.js'
import type { HostTensor } from '../compute/program/node.js'
import { sizeOf } from '../compute/program/shape.js'
import type { CheckpointError } from './checkpoint-error.js'
import { eachOf, type FileParts, withFile } from './file-parts.js'
import {
  bytesPer,
  decodeHeader,
  decodeTensor,
  headerEnd,
  PREFIX,
  type SafetensorsEntry,
  type SafetensorsHeader,
} from './safetensors.js'

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
          yield [name, await tensorOf(entries.get(name)!, read, body)] as const
        }
      }),
  })

/** Read and made into float32 at once: so no more than this is held of a tensor that is stored as something else. @units bytes */
const PIECE = 2 ** 22

const tensorOf = async (entry: SafetensorsEntry, read: FileParts['read'], body: number): Promise<HostTensor> => {
  const { dtype, shape, start, end } = entry
  const widened = dtype === 'F16' || dtype === 'BF16'
  if (!widened || end - start <= PIECE) return decodeTensor(entry, await read(body + start, end - start))
  const data = new Float32Array(sizeOf(shape))
  for (let at = start; at < end; at += PIECE) {
    const bytes = await read(body + at, Math.min(PIECE, end - at))
    const piece = decodeTensor({ ...entry, shape: [bytes.byteLength / bytesPer(dtype)] }, bytes)
    data.set(piece.data, (at - start) / bytesPer(dtype))
  }
  return { shape, data }
}
