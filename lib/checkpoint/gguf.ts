import * as E from 'fp-ts/lib/Either.js'
import { formatValue } from '../codec/describe-errors.js'
import type { Shape } from '../compute/program/node.js'
import { sizeOf } from '../compute/program/shape.js'
import { CheckpointError } from './checkpoint-error.js'
import { type BlockType, blockTypes, otherTypes } from './gguf-blocks.js'
import { limits } from './limits.js'

/** Header of a GGUF file. */
export interface GgufHeader {
  readonly metadata: ReadonlyMap<string, GgufValue>
  readonly entries: ReadonlyMap<string, GgufEntry>
}

/** Value of a metadata key. */
export type GgufValue = string | number | boolean | readonly GgufValue[]

/** Storage format, shape and place of a tensor. @units start and end: bytes from the beginning of the file */
export interface GgufEntry {
  readonly type: BlockType
  /** Row-major shape. The file lists the axes in reverse order. */
  readonly shape: Shape
  readonly start: number
  readonly end: number
}

/** First bytes of every GGUF file. */
export const MAGIC = new TextEncoder().encode('GGUF')

/** Returns whether the bytes are the beginning of a GGUF file. */
export const isGguf = (bytes: Uint8Array): boolean => MAGIC.every((byte, i) => bytes[i] === byte)

/** Default alignment of the tensors. @units bytes */
const ALIGNMENT = 32

/**
 * Decodes the header of a file from its first bytes; null if more bytes are needed.
 *
 * @units size: size of the whole file in bytes
 * @errors CheckpointError
 * @source github.com/ggml-org/ggml, docs/gguf.md, versions 2 and 3
 */
export const decodeGgufHeader = (
  bytes: Uint8Array,
  size: number,
  file: string,
): E.Either<CheckpointError, GgufHeader | null> => {
  try {
    return E.right(headerOf(new Reader(bytes, size, file)))
  } catch (problem) {
    if (problem instanceof CheckpointError) return E.left(problem)
    if (!(problem instanceof NeedsMoreBytes)) throw problem
    if (bytes.length >= size)
      return E.left(new CheckpointError(file, `${size} bytes`, 'a GGUF header: the file is cut short'))
    return bytes.length < limits.ggufHeader
      ? E.right(null)
      : E.left(
          new CheckpointError(
            file,
            `a header of more than ${bytes.length} bytes`,
            `a header of at most ${limits.ggufHeader}`,
          ),
        )
  }
}

/** Exception of a header that continues after the given bytes. */
class NeedsMoreBytes extends Error {}

/**
 * Reads values one after the other. Every count that the file claims is compared with the rest of the file before it is used.
 *
 * @errors throws NeedsMoreBytes or CheckpointError
 */
class Reader {
  readonly #view: DataView
  at = 0

  constructor(
    private readonly bytes: Uint8Array,
    /** Size of the whole file. @units bytes */
    readonly size: number,
    readonly file: string,
  ) {
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  }

  uint32(): number {
    return this.#view.getUint32(this.#take(4), true)
  }

  uint64(): number {
    return Number(this.#view.getBigUint64(this.#take(8), true))
  }

  /** Reads the number of items that follow, each of `bytes` bytes or more. */
  count(bytes: number, of: string): number {
    const count = this.#view.getBigUint64(this.#take(8), true)
    const room = this.size - this.at
    if (count * BigInt(bytes) > room)
      throw new CheckpointError(
        this.file,
        `${room} bytes for ${count} ${of}`,
        `at least ${count * BigInt(bytes)}: the file is cut short, or the number is wrong`,
      )
    return Number(count)
  }

  text(): string {
    const length = this.count(1, 'bytes of text')
    const start = this.#take(length)
    return new TextDecoder().decode(this.bytes.subarray(start, start + length))
  }

  /** Reads a metadata value, which begins with the number of its type. */
  value(key: string): GgufValue {
    const type = this.uint32()
    if (type !== ARRAY) return this.#scalar(type, key)
    const element = this.uint32()
    const length = this.count(numbers[element]?.bytes ?? LEAST_TEXT, `values of ${key}`)
    const values: GgufValue[] = []
    for (let i = 0; i < length; i++) values.push(this.#scalar(element, key))
    return values
  }

  #scalar(type: number, key: string): GgufValue {
    if (type === TEXT) return this.text()
    const number = numbers[type]
    if (number === undefined)
      throw new CheckpointError(
        `${this.file}, ${key}`,
        `a value of type ${type}`,
        'a text, a number, or a list of them',
      )
    const value = number.read(this.#view, this.#take(number.bytes))
    return type === BOOLEAN ? value !== 0 : value
  }

  #take(bytes: number): number {
    const start = this.at
    if (start + bytes > this.bytes.length) throw new NeedsMoreBytes()
    this.at += bytes
    return start
  }
}

const [BOOLEAN, TEXT, ARRAY] = [7, 8, 9]

/** Sizes of the shortest text, metadata entry and tensor record. @units bytes */
const [LEAST_TEXT, LEAST_ENTRY, LEAST_RECORD] = [8, 8 + 4 + 1, 8 + 4 + 4 + 8]

/** Sizes and readers of numbers, by the number of their type. */
const numbers: Readonly<
  Record<number, { readonly bytes: number; readonly read: (view: DataView, at: number) => number }>
> = {
  0: { bytes: 1, read: (view, at) => view.getUint8(at) },
  1: { bytes: 1, read: (view, at) => view.getInt8(at) },
  2: { bytes: 2, read: (view, at) => view.getUint16(at, true) },
  3: { bytes: 2, read: (view, at) => view.getInt16(at, true) },
  4: { bytes: 4, read: (view, at) => view.getUint32(at, true) },
  5: { bytes: 4, read: (view, at) => view.getInt32(at, true) },
  6: { bytes: 4, read: (view, at) => view.getFloat32(at, true) },
  [BOOLEAN]: { bytes: 1, read: (view, at) => view.getUint8(at) },
  10: { bytes: 8, read: (view, at) => Number(view.getBigUint64(at, true)) },
  11: { bytes: 8, read: (view, at) => Number(view.getBigInt64(at, true)) },
  12: { bytes: 8, read: (view, at) => view.getFloat64(at, true) },
}

const headerOf = (reader: Reader): GgufHeader => {
  const { file } = reader
  const magic = reader.uint32()
  if (magic !== new DataView(MAGIC.buffer).getUint32(0, true))
    throw new CheckpointError(file, 'a file of another kind', 'a GGUF file')
  const version = reader.uint32()
  if (version !== 2 && version !== 3)
    throw new CheckpointError(file, `GGUF of version ${version}`, 'version 2 or 3, little-endian')
  const tensors = reader.count(LEAST_RECORD, 'tensors')
  const values = reader.count(LEAST_ENTRY, 'metadata entries')
  const metadata = new Map<string, GgufValue>()
  for (let i = 0; i < values; i++) {
    const key = reader.text()
    if (metadata.has(key)) throw new CheckpointError(`${file}, ${key}`, 'the key twice', 'every key once')
    metadata.set(key, reader.value(key))
  }
  const records: TensorRecord[] = []
  for (let i = 0; i < tensors; i++) records.push(readTensorRecord(reader))
  const alignment = alignmentOf(metadata, file)
  const body = Math.ceil(reader.at / alignment) * alignment
  return { metadata, entries: entriesOf(records, { body, alignment, size: reader.size, file }) }
}

const alignmentOf = (metadata: GgufHeader['metadata'], file: string): number => {
  const alignment = metadata.get('general.alignment') ?? ALIGNMENT
  if (typeof alignment !== 'number' || !(alignment > 0) || alignment % 8 !== 0)
    throw new CheckpointError(`${file}, general.alignment`, formatValue(alignment), 'a positive multiple of 8')
  return alignment
}

/** Record of a tensor as the header lists it. */
interface TensorRecord {
  readonly name: string
  readonly shape: Shape
  readonly type: number
  readonly offset: number
}

const readTensorRecord = (reader: Reader): TensorRecord => {
  const name = reader.text()
  const [rank, axes] = [reader.uint32(), [] as number[]]
  if (rank > limits.axes) throw new CheckpointError(`${reader.file}, ${name}`, `${rank} axes`, `at most ${limits.axes}`)
  for (let i = 0; i < rank; i++) axes.unshift(reader.uint64())
  return { name, shape: axes, type: reader.uint32(), offset: reader.uint64() }
}

/** Layout of the tensors in a file. @units bytes */
interface Body {
  /** Place of the first tensor in the file. */
  readonly body: number
  readonly alignment: number
  /** Size of the whole file. */
  readonly size: number
  readonly file: string
}

/** Finds the tensors of a file and checks that no two of them share a name or a byte. */
const entriesOf = (records: readonly TensorRecord[], body: Body): GgufHeader['entries'] => {
  const entries = new Map<string, GgufEntry>()
  for (const record of records) {
    if (entries.has(record.name))
      throw new CheckpointError(`${body.file}, ${record.name}`, 'the name twice', 'every tensor once')
    entries.set(record.name, entryOf(record, body))
  }
  let [end, before] = [0, '']
  for (const [name, entry] of [...entries].sort(([, a], [, b]) => a.start - b.start || a.end - b.end)) {
    if (entry.start < end)
      throw new CheckpointError(
        `${body.file}, ${name}`,
        `bytes from ${entry.start}`,
        `from ${end} or later, where the bytes of ${before} end`,
      )
    ;[end, before] = [entry.end, name]
  }
  return entries
}

const entryOf = ({ name, shape, type: number, offset }: TensorRecord, { body, alignment, size, file }: Body) => {
  const fail = (found: string, expected: string): never => {
    throw new CheckpointError(`${file}, ${name}`, found, expected)
  }
  const type =
    blockTypes.get(number) ??
    fail(
      `a tensor of type ${otherTypes.get(number) ?? number}`,
      [...blockTypes.values()].map((known) => known.name).join(', '),
    )
  if ((shape.at(-1) ?? 1) % type.length !== 0)
    fail(`rows of ${shape.at(-1)}`, `a multiple of ${type.length} for ${type.name}`)
  if (offset % alignment !== 0) fail(`bytes from ${offset}`, `a multiple of the alignment, ${alignment}`)
  const start = body + offset
  const end = start + (sizeOf(shape) / type.length) * type.bytes
  if (!(end <= size)) fail(`${size} bytes: the file is cut short`, `at least ${end}`)
  return { type, shape, start, end }
}
