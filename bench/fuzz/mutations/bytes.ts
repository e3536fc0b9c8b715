import type { Mutate } from './draw.js'

/** Bytes that end numbers, texts and lengths, or are their largest values. */
const BYTES = [0, 1, 0x0a, 0x20, 0x22, 0x39, 0x5b, 0x65, 0x7b, 0x7f, 0x80, 0xc0, 0xed, 0xfe, 0xff]

/** Numbers that lengths, counts and offsets are replaced by. */
const NUMBERS = [
  ...[0n, 1n, 2n, 7n, 8n, 31n, 255n, 256n, 65_535n, 65_536n, 2n ** 20n, 2n ** 27n, 2n ** 31n - 1n, 2n ** 31n],
  ...[2n ** 32n - 1n, 2n ** 32n, 2n ** 53n - 1n, 2n ** 53n, 2n ** 63n - 1n, 2n ** 63n, 2n ** 64n - 1n, 2n ** 64n - 8n],
]

/** Joins parts. */
export const joined = (...parts: readonly Uint8Array[]): Uint8Array => new Uint8Array(Buffer.concat(parts))

/** Copies bytes and overwrites some of them. */
export const overwritten = (bytes: Uint8Array, at: number, by: Uint8Array): Uint8Array => {
  const copy = bytes.slice()
  copy.set(by.subarray(0, Math.max(0, copy.length - at)), at)
  return copy
}

/** Returns an extreme number as little-endian bytes. */
export const extremeNumber = (width: number, pick: (items: readonly bigint[]) => bigint): Uint8Array => {
  const eight = new Uint8Array(8)
  new DataView(eight.buffer).setBigUint64(0, BigInt.asUintN(64, pick(NUMBERS)), true)
  return eight.subarray(0, width)
}

/** Changes of any bytes. */
export const byteMutations: Readonly<Record<string, Mutate>> = {
  'flip a bit': ({ bytes, draw, place }) => {
    const at = place()
    return overwritten(bytes, at, Uint8Array.of((bytes[at] ?? 0) ^ (1 << draw.below(8))))
  },
  'replace a byte': ({ bytes, draw, place }) => overwritten(bytes, place(), Uint8Array.of(draw.pick(BYTES))),
  'replace a byte by any': ({ bytes, draw, place }) => overwritten(bytes, place(), Uint8Array.of(draw.below(256))),
  'fill a run': ({ bytes, draw, place }) =>
    overwritten(bytes, place(), new Uint8Array(1 + draw.below(64)).fill(draw.pick(BYTES))),
  'replace a number': ({ bytes, draw, place }) =>
    overwritten(bytes, place(), extremeNumber(draw.pick([1, 2, 4, 8]), draw.pick)),
  'add to a number': ({ bytes, draw, place }) => {
    const at = place()
    return overwritten(bytes, at, Uint8Array.of((bytes[at] ?? 0) + draw.pick([1, -1, 8, -8, 127])))
  },
  'cut the end': ({ bytes, draw }) => bytes.slice(0, draw.below(bytes.length)),
  'cut the beginning': ({ bytes, draw }) => bytes.slice(draw.below(bytes.length)),
  'remove a run': ({ bytes, draw, place }) => {
    const at = place()
    return joined(bytes.subarray(0, at), bytes.subarray(at + 1 + draw.below(64)))
  },
  'repeat a run': ({ bytes, draw, place }) => {
    const at = place()
    return joined(bytes.subarray(0, at + 1 + draw.below(64)), bytes.subarray(at))
  },
  'move a run': ({ bytes, draw, place }) => {
    const [from, to] = [place(), place()]
    return overwritten(bytes, to, bytes.slice(from, from + 1 + draw.below(64)))
  },
  'splice two inputs': ({ bytes, other, draw, place }) =>
    joined(bytes.subarray(0, place()), other.subarray(draw.below(other.length))),
}
