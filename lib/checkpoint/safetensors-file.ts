import * as E from 'fp-ts/lib/Either.js'
import type * as TE from 'fp-ts/lib/TaskEither.js'
import type { Elements, HostTensor } from '../compute/program/node.js'
import { sizeOf } from '../compute/program/shape.js'
import type { CheckpointError } from './checkpoint-error.js'
import { iterateFile, type FileParts, withFile } from './file-parts.js'
import { narrowOf } from './half.js'
import {
  bytesPer,
  decodeHeader,
  decodeTensor,
  headerEnd,
  PREFIX,
  type SafetensorsEntry,
  type SafetensorsHeader,
} from './safetensors.js'

/** A safetensors file with its decoded header. */
export interface SafetensorsFile extends SafetensorsHeader {
  /** Reads tensors one at a time while they are iterated. @errors throws CheckpointError */
  readonly tensors: (names: Iterable<string>) => AsyncIterable<readonly [string, HostTensor]>
  /** Reads the numbers of one tensor in pieces of equal length. @errors throws CheckpointError */
  readonly pieces: (name: string) => AsyncIterable<Elements>
}

/** Opens a safetensors file and reads its header. `expected` describes the file in errors. @errors CheckpointError */
export const openSafetensors = (file: string, expected: string): TE.TaskEither<CheckpointError, SafetensorsFile> =>
  withFile(file, expected, async ({ size, read }) => {
    const end = headerEnd(new Uint8Array(await read(0, Math.min(PREFIX, size))), size, file)
    if (E.isLeft(end)) return end
    const json = new Uint8Array(await read(PREFIX, end.right - PREFIX))
    return E.map((header: SafetensorsHeader) => ({
      ...header,
      tensors: tensorsOf(file, header, end.right),
      pieces: (name: string) =>
        iterateFile(file, ({ read }) => piecesOf(header.entries.get(name)!, read, end.right, `${file}, ${name}`)),
    }))(decodeHeader(json, size - end.right, file))
  })

const tensorsOf =
  (file: string, { entries }: SafetensorsHeader, body: number) =>
  (names: Iterable<string>) => ({
    [Symbol.asyncIterator]: () =>
      iterateFile(file, async function* ({ read }) {
        for (const name of names) {
          yield [name, await readTensor(entries.get(name)!, read, body, `${file}, ${name}`)] as const
        }
      }),
  })

/** Number of bytes that are read and converted to float32 at once, so that a tensor of another width is never in memory twice. @units bytes */
const PIECE = 2 ** 22

async function* piecesOf(
  entry: SafetensorsEntry,
  read: FileParts['read'],
  body: number,
  place: string,
): AsyncGenerator<Elements> {
  for (let at = entry.start; at < entry.end; at += PIECE) {
    const piece = await read(body + at, Math.min(PIECE, entry.end - at))
    yield decodeTensor({ ...entry, shape: [piece.byteLength / bytesPer(entry.dtype)] }, piece, place).data
  }
}

const readTensor = async (
  entry: SafetensorsEntry,
  read: FileParts['read'],
  body: number,
  place: string,
): Promise<HostTensor> => {
  const { dtype, shape, start, end } = entry
  const narrow = narrowOf(dtype)
  const isConverted = dtype === 'F64' || 'narrow' in narrow
  if (!isConverted || end - start <= PIECE)
    return { ...decodeTensor(entry, await read(body + start, end - start), place), ...narrow }
  const data = new Float32Array(sizeOf(shape))
  let length = 0
  for await (const piece of piecesOf(entry, read, body, place)) {
    data.set(piece, length)
    length += piece.length
  }
  return { shape, data, ...narrow }
}
