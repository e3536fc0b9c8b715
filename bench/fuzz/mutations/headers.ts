import { bytesOfText } from '../fuzz-decoder.js'
import { extremeNumber, joined, overwritten } from './bytes.js'
import type { Mutate } from './draw.js'
import { mutatedJson } from './json.js'

/** Part of an input. @units bytes */
export interface Span {
  readonly start: number
  readonly end: number
}

const viewOf = (bytes: Uint8Array): DataView => new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)

/** Size of the header's length in a safetensors file. @units bytes */
const PREFIX = 8

/** Returns the JSON header of a safetensors file; null if its length is wrong. */
export const safetensorsHeader = (bytes: Uint8Array): Span | null => {
  if (bytes.length < PREFIX) return null
  const end = PREFIX + Number(viewOf(bytes).getBigUint64(0, true))
  return end <= bytes.length ? { start: PREFIX, end } : null
}

/** Changes of the header of a safetensors file. The length of the header is corrected. */
export const safetensorsMutations: Readonly<Record<string, Mutate>> = {
  'change a field of the header': ({ bytes, draw }) => {
    const header = safetensorsHeader(bytes)
    if (header === null) return null
    const text = mutatedJson(new TextDecoder().decode(bytes.subarray(header.start, header.end)), draw)
    if (text === null) return null
    const json = bytesOfText(text)
    const length = new Uint8Array(PREFIX)
    viewOf(length).setBigUint64(0, BigInt(json.length), true)
    return joined(length, json, bytes.subarray(header.end))
  },
  'change the length of the header': ({ bytes, draw }) => overwritten(bytes, 0, extremeNumber(8, draw.pick)),
}

/** Parts of the header of a GGUF file: the numbers in it by their places, and its records. */
interface GgufParts {
  readonly numbers: readonly Span[]
  /** Metadata entries and tensor records. */
  readonly records: readonly Span[]
}

/** Sizes of the numbers of metadata by their type. */
const SIZES: Readonly<Record<number, number>> = { 0: 1, 1: 1, 2: 2, 3: 2, 4: 4, 5: 4, 6: 4, 7: 1, 10: 8, 11: 8, 12: 8 }
const [TEXT, ARRAY] = [8, 9]
/** Size of magic and version. @units bytes */
const BEGINNING = 8

/** Walks over the header of a GGUF file. Null for a header that cannot be walked. */
const ggufParts = (bytes: Uint8Array): GgufParts | null => {
  const view = viewOf(bytes)
  const [numbers, records]: [Span[], Span[]] = [[], []]
  let at = BEGINNING
  const read = (size: number): number => {
    numbers.push({ start: at, end: at + size })
    at += size
    return size === 8 ? Number(view.getBigUint64(at - 8, true)) : view.getUint32(at - 4, true)
  }
  const skip = (size: number): void => {
    if (size !== 4 && size !== 8) at += size
    else read(size)
  }
  const text = (): void => {
    const length = read(8)
    at += length
  }
  const scalar = (type: number): void => {
    const size = SIZES[type]
    if (type === TEXT) text()
    else if (size === undefined) throw new RangeError('a value of an unknown type')
    else skip(size)
  }
  const record = (walk: () => void): void => {
    const start = at
    walk()
    records.push({ start, end: at })
  }
  try {
    const [tensors, entries] = [read(8), read(8)]
    for (let i = 0; i < entries; i++)
      record(() => {
        text()
        const type = read(4)
        if (type !== ARRAY) {
          scalar(type)
          return
        }
        const [element, length] = [read(4), read(8)]
        for (let item = 0; item < length && at < bytes.length; item++) scalar(element)
      })
    for (let i = 0; i < tensors; i++)
      record(() => {
        text()
        const axes = read(4)
        for (let axis = 0; axis < axes && at < bytes.length; axis++) read(8)
        read(4)
        read(8)
      })
  } catch {
    // An earlier mutation has changed a length or a type.
    return null
  }
  return at > bytes.length ? null : { numbers, records }
}

/** Returns the header of a GGUF file. */
export const ggufHeader = (bytes: Uint8Array): Span => {
  const end = bytes.length > BEGINNING + 16 ? ggufParts(bytes)?.records.at(-1)?.end : undefined
  return { start: 0, end: end ?? bytes.length }
}

const changeRecord =
  (change: (bytes: Uint8Array, record: Span, other: Span) => Uint8Array): Mutate =>
  ({ bytes, draw }) => {
    const parts = ggufParts(bytes)
    return parts === null || parts.records.length === 0
      ? null
      : change(bytes, draw.pick(parts.records), draw.pick(parts.records))
  }

/** Changes the count of metadata entries. The bytes of the tensors keep their place, unless the alignment moves them. */
const withCount = (bytes: Uint8Array, change: bigint): Uint8Array => {
  const copy = bytes.slice()
  const view = viewOf(copy)
  view.setBigUint64(BEGINNING + 8, view.getBigUint64(BEGINNING + 8, true) + change, true)
  return copy
}

/** Changes of the header of a GGUF file. */
export const ggufMutations: Readonly<Record<string, Mutate>> = {
  'replace a number of the header': ({ bytes, draw }) => {
    const parts = ggufParts(bytes)
    if (parts === null) return null
    const { start, end } = draw.pick(parts.numbers)
    return overwritten(bytes, start, extremeNumber(end - start, draw.pick))
  },
  'drop a record': changeRecord((bytes, { start, end }) =>
    withCount(joined(bytes.subarray(0, start), bytes.subarray(end)), -1n),
  ),
  'double a record': changeRecord((bytes, { start, end }) =>
    withCount(joined(bytes.subarray(0, end), bytes.subarray(start)), 1n),
  ),
  'exchange two records': changeRecord((bytes, one, two) => {
    const [a, b] = one.start < two.start ? [one, two] : [two, one]
    if (a.start === b.start) return bytes
    const part = ({ start, end }: Span) => bytes.subarray(start, end)
    return joined(bytes.subarray(0, a.start), part(b), bytes.subarray(a.end, b.start), part(a), bytes.subarray(b.end))
  }),
}

/** Returns the footer of a Parquet file, its length and its magic included. */
export const parquetFooter = (bytes: Uint8Array): Span => {
  const length = bytes.length < 12 ? 0 : viewOf(bytes).getUint32(bytes.length - 8, true)
  return { start: Math.max(0, bytes.length - 8 - length), end: bytes.length }
}

/** Numbers of variable length as Thrift writes them: small, negative, 32 and 64 bits, and one without an end. */
const VARINTS = [
  ...[
    [0],
    [1],
    [2],
    [0x7f],
    [0x80, 0x01],
    [0xff, 0xff, 0x03],
    [0xff, 0xff, 0xff, 0x7f],
    [0x80, 0x80, 0x80, 0x80, 0x01],
  ],
  ...[
    [0xff, 0xff, 0xff, 0xff, 0x0f],
    [0xfe, 0xff, 0xff, 0xff, 0x0f],
    [...new Array<number>(9).fill(0xff), 0x01],
  ],
  ...[new Array<number>(12).fill(0x80)],
].map((bytes) => Uint8Array.from(bytes))

/** Changes of the parts of a Parquet file that Thrift writes. */
export const parquetMutations: Readonly<Record<string, Mutate>> = {
  'replace a number of variable length': ({ bytes, draw, place }) => overwritten(bytes, place(), draw.pick(VARINTS)),
  'replace a byte by a number of variable length': ({ bytes, draw, place }) => {
    const at = place()
    return withFooterLength(joined(bytes.subarray(0, at), draw.pick(VARINTS), bytes.subarray(at + 1)), at, bytes)
  },
  'change the length of the footer': ({ bytes, draw }) =>
    overwritten(bytes, Math.max(0, bytes.length - 8), extremeNumber(4, draw.pick)),
}

/** Corrects the length of the footer after a change in it, so that the rest of the footer is still read. */
const withFooterLength = (changed: Uint8Array, at: number, before: Uint8Array): Uint8Array => {
  const footer = parquetFooter(before)
  if (at < footer.start || changed.length < 12) return changed
  const length = new Uint8Array(4)
  viewOf(length).setUint32(0, footer.end - footer.start - 8 + changed.length - before.length, true)
  return overwritten(changed, changed.length - 8, length)
}
