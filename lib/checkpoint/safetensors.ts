import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import * as t from 'io-ts'
import { dtypeOfElements } from '../compute/program/elements.js'
import type { HostTensor } from '../compute/program/node.js'
import { sizeOf } from '../compute/program/shape.js'
import { CheckpointError } from './checkpoint-error.js'

/** Named tensors and free text, as a safetensors file holds them. */
export interface Safetensors {
  readonly tensors: ReadonlyMap<string, HostTensor>
  readonly metadata: Readonly<Record<string, string>>
}

/** Key of the header under which the format keeps its free text. */
const METADATA = '__metadata__'

/** The header's length, a little-endian 64-bit number. @units bytes */
const PREFIX = 8

/** The format's own limit: a longer header is no header. @units bytes */
const LONGEST_HEADER = 100_000_000

/** Element types, as the format names them. */
const names = { float32: 'F32', int32: 'I32', int8: 'I8' } as const
const arrays = { F32: Float32Array, I32: Int32Array, I8: Int8Array } as const

const count = t.refinement(t.Int, (n) => n >= 0, 'integer >= 0')
const EntryCodec = t.type({
  dtype: t.keyof(arrays),
  shape: t.array(count),
  data_offsets: t.tuple([count, count]),
})
const HeaderCodec = t.record(t.string, t.unknown)

/**
 * Writes tensors one after the other, in the order given, behind a header that says what they are.
 *
 * @source github.com/huggingface/safetensors, format 0.3
 */
export const encode = (
  tensors: ReadonlyMap<string, HostTensor>,
  metadata: Readonly<Record<string, string>> = {},
): Uint8Array => {
  let end = 0
  const entries = [...tensors].map(([name, { shape, data }]) => {
    const start = end
    end += data.byteLength
    return [name, { dtype: names[dtypeOfElements(data)], shape, data_offsets: [start, end] }] as const
  })
  const json = JSON.stringify({ [METADATA]: metadata, ...Object.fromEntries(entries) })
  const header = new TextEncoder().encode(json)
  // Tensors start at a multiple of 8: spaces fill up the header.
  const length = Math.ceil(header.length / 8) * 8
  const bytes = new Uint8Array(PREFIX + length + end).fill(0x20, PREFIX, PREFIX + length)
  new DataView(bytes.buffer).setBigUint64(0, BigInt(length), true)
  bytes.set(header, PREFIX)
  let at = PREFIX + length
  for (const { data } of tensors.values()) {
    bytes.set(new Uint8Array(data.buffer, data.byteOffset, data.byteLength), at)
    at += data.byteLength
  }
  return bytes
}

/**
 * Reads a safetensors file with float32, int32 and int8 tensors; `file` is for messages.
 *
 * @errors CheckpointError for a file that is cut short, no such file, or a tensor of another type
 */
export const decode = (bytes: Uint8Array, file: string): E.Either<CheckpointError, Safetensors> =>
  pipe(
    headerOf(bytes, file),
    E.bindTo('header'),
    E.bind('metadata', ({ header }) => metadataOf(header.entries[METADATA], file)),
    E.bind('tensors', ({ header: { entries, body } }) =>
      pipe(
        Object.entries(entries).filter(([name]) => name !== METADATA),
        E.traverseArray(([name, entry]) => tensorOf(name, entry, body, file)),
        E.map((tensors) => new Map(tensors)),
      ),
    ),
    E.map(({ tensors, metadata }) => ({ tensors, metadata })),
  )

const headerOf = (bytes: Uint8Array, file: string) => {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  if (bytes.length < PREFIX)
    return E.left(new CheckpointError(file, `${bytes.length} bytes`, 'a safetensors file, cut short or none'))
  const end = PREFIX + Number(view.getBigUint64(0, true))
  if (end > LONGEST_HEADER) return E.left(new CheckpointError(file, 'a file of another kind', 'a safetensors file'))
  if (end > bytes.length)
    return E.left(new CheckpointError(file, `${bytes.length} bytes`, `a safetensors header of ${end} bytes`))
  return pipe(
    E.tryCatch(
      (): unknown => JSON.parse(new TextDecoder('utf8', { fatal: true }).decode(bytes.subarray(PREFIX, end))),
      () => undefined,
    ),
    E.chainW((header) => HeaderCodec.decode(header)),
    E.bimap(
      () => new CheckpointError(file, 'a header that is no JSON mapping', 'a safetensors file'),
      (entries) => ({ entries, body: bytes.subarray(end) }),
    ),
  )
}

const metadataOf = (metadata: unknown, file: string) =>
  pipe(
    t.record(t.string, t.string).decode(metadata ?? {}),
    E.mapLeft(() => new CheckpointError(`${file}, ${METADATA}`, JSON.stringify(metadata), 'texts by name')),
  )

const tensorOf = (
  name: string,
  entry: unknown,
  body: Uint8Array,
  file: string,
): E.Either<CheckpointError, readonly [string, HostTensor]> => {
  const fail = (found: string, expected: string) => E.left(new CheckpointError(`${file}, ${name}`, found, expected))
  const decoded = EntryCodec.decode(entry)
  if (E.isLeft(decoded)) return fail(JSON.stringify(entry), 'a dtype F32, I32 or I8, a shape and two data_offsets')
  const { dtype, shape, data_offsets } = decoded.right
  const [start, end] = data_offsets
  const size = arrays[dtype].BYTES_PER_ELEMENT * sizeOf(shape)
  if (end - start !== size) return fail(`${end - start} bytes`, `${size} for [${shape.join(', ')}]`)
  if (end > body.length) return fail(`${body.length} bytes of tensors: the file is cut short`, `at least ${end}`)
  // A copy: its own memory, aligned as typed arrays need it. `slice` would not do: a Buffer's shares memory.
  const { buffer } = new Uint8Array(body.subarray(start, end))
  return E.right([name, { shape, data: new arrays[dtype](buffer) }] as const)
}
