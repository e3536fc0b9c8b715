import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import * as t from 'io-ts'
import { formatValue } from '../codec/describe-errors.js'
import { parseJsonText, repeatedKey } from '../codec/json-text.js'
import { dtypeOfElements } from '../compute/program/elements.js'
import type { Elements, HostTensor, Shape } from '../compute/program/node.js'
import { sizeOf, type TensorType } from '../compute/program/shape.js'
import { CheckpointError } from './checkpoint-error.js'
import { fromFloat64 } from './double.js'
import { bfloat16, float16 } from './half.js'
import { limits } from './limits.js'

/** Contents of a safetensors file: tensors by name, and free text. */
export interface Safetensors {
  readonly tensors: ReadonlyMap<string, HostTensor>
  readonly metadata: Readonly<Record<string, string>>
}

/** Header of a safetensors file. */
export interface SafetensorsHeader {
  readonly entries: ReadonlyMap<string, SafetensorsEntry>
  readonly metadata: Readonly<Record<string, string>>
}

/** Element type, shape and place of a tensor. @units start and end: bytes from the end of the header */
export interface SafetensorsEntry {
  readonly dtype: StoredType
  readonly shape: Shape
  readonly start: number
  readonly end: number
}

/** Key of the header that holds the free text. */
const METADATA = '__metadata__'

/** Size of the first field, the header's length as a little-endian 64-bit integer. @units bytes */
export const PREFIX = 8

/** Element types by their names in the format: size in bytes and type in memory. Floats of any width are float32 in memory. */
const storedTypes = {
  F64: { size: 8, dtype: 'float32', read: (bytes: ArrayBuffer, place: string): Elements => fromFloat64(bytes, place) },
  F32: { size: 4, dtype: 'float32', read: (bytes: ArrayBuffer): Elements => new Float32Array(bytes) },
  F16: { size: 2, dtype: 'float32', read: (bytes: ArrayBuffer): Elements => float16.toFloat32(new Uint16Array(bytes)) },
  BF16: {
    size: 2,
    dtype: 'float32',
    read: (bytes: ArrayBuffer): Elements => bfloat16.toFloat32(new Uint16Array(bytes)),
  },
  I32: { size: 4, dtype: 'int32', read: (bytes: ArrayBuffer): Elements => new Int32Array(bytes) },
  I8: { size: 1, dtype: 'int8', read: (bytes: ArrayBuffer): Elements => new Int8Array(bytes) },
} as const

/** Element type of a stored tensor. */
export type StoredType = keyof typeof storedTypes

/** Number format in which float32 can be stored. */
export type StoredFloat = 'F32' | 'F16' | 'BF16'

const count = t.refinement(t.Int, (n) => n >= 0, 'integer >= 0')
const EntryCodec = t.type({
  dtype: t.keyof(storedTypes),
  shape: t.array(count),
  data_offsets: t.tuple([count, count]),
})
const HeaderCodec = t.record(t.string, t.unknown)

/**
 * Encodes tensors as the bytes of a safetensors file, in the given order.
 *
 * @source github.com/huggingface/safetensors, format 0.3
 */
export const encode = (
  tensors: ReadonlyMap<string, HostTensor>,
  metadata: Readonly<Record<string, string>> = {},
): Uint8Array => {
  const types = new Map(
    [...tensors].map(([name, { shape, data }]) => [name, { dtype: storedTypeOf[dtypeOfElements(data)], shape }]),
  )
  const { header, places, length } = layOut(types, metadata)
  const bytes = new Uint8Array(length)
  bytes.set(header)
  for (const [name, { data }] of tensors) bytes.set(bytesOf(data), places.get(name))
  return bytes
}

/** Stored type of each element type in memory. */
const storedTypeOf = { float32: 'F32', int32: 'I32', int8: 'I8' } as const

/** Layout of a file that is written in parts. @units bytes from the beginning of the file */
export interface Layout {
  readonly header: Uint8Array
  /** Place of each tensor. */
  readonly places: ReadonlyMap<string, number>
  readonly length: number
}

/** Lays out tensors one after the other, after a header that describes them. */
export const layOut = (
  tensors: ReadonlyMap<string, { readonly dtype: StoredType; readonly shape: Shape }>,
  metadata: Readonly<Record<string, string>>,
): Layout => {
  let end = 0
  const entries = [...tensors].map(([name, { dtype, shape }]) => {
    const start = end
    end += storedTypes[dtype].size * sizeOf(shape)
    return [name, { dtype, shape, data_offsets: [start, end] }] as const
  })
  const json = new TextEncoder().encode(JSON.stringify({ [METADATA]: metadata, ...Object.fromEntries(entries) }))
  // Tensors must start at a multiple of 8 bytes, so the header is padded with spaces.
  const length = PREFIX + Math.ceil(json.length / 8) * 8
  const header = new Uint8Array(length).fill(0x20, PREFIX)
  new DataView(header.buffer).setBigUint64(0, BigInt(length - PREFIX), true)
  header.set(json, PREFIX)
  return {
    header,
    places: new Map(entries.map(([name, { data_offsets }]) => [name, length + data_offsets[0]])),
    length: length + end,
  }
}

/** Returns the stored bytes of numbers. float32 is converted to `float`. */
export const bytesOf = (data: Elements, float: StoredFloat = 'F32'): Uint8Array => {
  const half = { F32: null, F16: float16, BF16: bfloat16 }[float]
  const { buffer, byteOffset, byteLength } =
    data instanceof Float32Array && half !== null ? half.fromFloat32(data) : data
  return new Uint8Array(buffer, byteOffset, byteLength)
}

/** Returns the size of one stored number. @units bytes */
export const bytesPer = (dtype: StoredType): number => storedTypes[dtype].size

/**
 * Decodes the bytes of a safetensors file. `file` is the place that errors name.
 *
 * @errors CheckpointError for a truncated file, a file of another kind, or a tensor of a type other than 64-bit,
 * 32-bit and 16-bit floats, 32-bit and 8-bit integers, a 64-bit float outside the range of float32
 */
export const decode = (bytes: Uint8Array, file: string): E.Either<CheckpointError, Safetensors> =>
  pipe(
    headerEnd(bytes, bytes.length, file),
    E.chain((end) =>
      pipe(
        decodeHeader(bytes.subarray(PREFIX, end), bytes.length - end, file),
        E.chain(({ entries, metadata }) =>
          pipe(
            [...entries],
            E.traverseArray(([name, entry]) =>
              E.tryCatch(
                () => [name, decodeTensor(entry, copyOf(bytes, end, entry), `${file}, ${name}`)] as const,
                (cause) => cause as CheckpointError,
              ),
            ),
            E.map((tensors) => ({ metadata, tensors: new Map(tensors) })),
          ),
        ),
      ),
    ),
  )

/** Copies the bytes of a tensor into new memory, because typed arrays need alignment. `slice` of a Buffer would share memory. */
const copyOf = (bytes: Uint8Array, header: number, { start, end }: SafetensorsEntry): ArrayBuffer =>
  new Uint8Array(bytes.subarray(header + start, header + end)).buffer

/** Returns where the header of a file ends. `size` is the size of the whole file. @units bytes @errors CheckpointError */
export const headerEnd = (prefix: Uint8Array, size: number, file: string): E.Either<CheckpointError, number> => {
  if (size < PREFIX) return E.left(new CheckpointError(file, `${size} bytes`, 'a safetensors file of at least 8 bytes'))
  const end = PREFIX + Number(new DataView(prefix.buffer, prefix.byteOffset).getBigUint64(0, true))
  if (end > limits.safetensorsHeader)
    return E.left(new CheckpointError(file, 'a file of another kind', 'a safetensors file'))
  if (end > size) return E.left(new CheckpointError(file, `${size} bytes`, `a safetensors header of ${end} bytes`))
  return E.right(end)
}

/**
 * Decodes the header. `room` is the number of bytes after it.
 *
 * @errors CheckpointError that names the tensor: a name that occurs twice, a shape that does not fit its bytes, bytes that two
 * tensors share, that no tensor has, or that the file does not have
 */
export const decodeHeader = (
  json: Uint8Array,
  room: number,
  file: string,
): E.Either<CheckpointError, SafetensorsHeader> =>
  pipe(
    parseHeader(json, file),
    E.bindTo('header'),
    E.bind('metadata', ({ header }) => metadataOf(header[METADATA], file)),
    E.bind('entries', ({ header }) =>
      pipe(
        Object.entries(header).filter(([name]) => name !== METADATA),
        E.traverseArray(([name, entry]) => entryOf(name, entry, file)),
        E.chainFirst((entries) => checkLayout(entries, room, file)),
        E.map((entries) => new Map(entries)),
      ),
    ),
    E.map(({ entries, metadata }) => ({ entries, metadata })),
  )

const parseHeader = (json: Uint8Array, file: string): E.Either<CheckpointError, Readonly<Record<string, unknown>>> =>
  pipe(
    E.tryCatch(
      () => {
        const text = new TextDecoder('utf8', { fatal: true }).decode(json)
        return { header: parseJsonText(text), repeated: repeatedKey(text) }
      },
      () => undefined,
    ),
    E.chainW(({ header, repeated }) =>
      pipe(
        HeaderCodec.decode(header),
        E.map((mapping) => ({ mapping, repeated })),
      ),
    ),
    E.mapLeft(() => new CheckpointError(file, 'a header that is no JSON mapping', 'a safetensors file')),
    E.filterOrElse(
      ({ repeated }) => repeated === null,
      ({ repeated }) => new CheckpointError(`${file}, ${repeated}`, 'the name twice in the header', 'every name once'),
    ),
    E.map(({ mapping }) => mapping),
  )

const metadataOf = (metadata: unknown, file: string) =>
  pipe(
    t.record(t.string, t.string).decode(metadata ?? {}),
    E.mapLeft(
      () => new CheckpointError(`${file}, ${METADATA}`, formatValue(metadata), 'a mapping from names to texts'),
    ),
  )

type NamedEntry = readonly [name: string, entry: SafetensorsEntry]

const entryOf = (name: string, entry: unknown, file: string): E.Either<CheckpointError, NamedEntry> => {
  const fail = (found: string, expected: string) => E.left(new CheckpointError(`${file}, ${name}`, found, expected))
  const decoded = EntryCodec.decode(entry)
  if (E.isLeft(decoded))
    return fail(excerpt(entry), 'a dtype F64, F32, F16, BF16, I32 or I8, a shape and two data_offsets')
  const { dtype, shape, data_offsets } = decoded.right
  if (shape.length > limits.axes) return fail(`${shape.length} axes`, `at most ${limits.axes}`)
  const [start, end] = data_offsets
  const size = storedTypes[dtype].size * sizeOf(shape)
  if (end - start !== size) return fail(`${end - start} bytes`, `${size} for [${shape.join(', ')}]`)
  return E.right([name, { dtype, shape, start, end }] as const)
}

/** Length of the longest text of a header entry in an error message. @units characters */
const EXCERPT = 200

const excerpt = (value: unknown): string => JSON.stringify(value).slice(0, EXCERPT)

/** Checks that the tensors lie one after the other, from the end of the header to the end of the file. */
const checkLayout = (entries: readonly NamedEntry[], room: number, file: string): E.Either<CheckpointError, void> => {
  let [end, before] = [0, 'the header']
  for (const [name, entry] of [...entries].sort(([, a], [, b]) => a.start - b.start || a.end - b.end)) {
    const fail = (found: string, expected: string) => E.left(new CheckpointError(`${file}, ${name}`, found, expected))
    if (entry.end > room) return fail(`${room} bytes of tensors: the file is cut short`, `at least ${entry.end}`)
    if (entry.start !== end)
      return fail(`data_offsets from ${entry.start}`, `from ${end}, where the bytes of ${before} end`)
    ;[end, before] = [entry.end, name]
  }
  return end === room
    ? E.right(undefined)
    : E.left(new CheckpointError(file, `${room} bytes of tensors`, `${end}, where the bytes of ${before} end`))
}

/** Returns shape and element type that a tensor has in memory. */
export const typeOf = ({ dtype, shape }: SafetensorsEntry): TensorType => ({ shape, dtype: storedTypes[dtype].dtype })

/**
 * Returns the tensor of these bytes, which the tensor owns from then on. `place` is the place that errors name.
 *
 * @errors throws CheckpointError for a 64-bit float outside the range of float32
 */
export const decodeTensor = ({ dtype, shape }: SafetensorsEntry, bytes: ArrayBuffer, place: string): HostTensor => ({
  shape,
  data: storedTypes[dtype].read(bytes, place),
})
