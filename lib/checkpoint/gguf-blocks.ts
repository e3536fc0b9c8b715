import { bfloat16, float16, fromFloat16 } from './half.js'

/** How a GGUF file stores the numbers of a tensor: in blocks of so many, each of so many bytes. */
export interface BlockType {
  readonly name: string
  readonly length: number
  readonly bytes: number
  /** Blocks, one after the other, as numbers. */
  readonly decode: (blocks: ArrayBuffer) => Float32Array
}

/** Numbers in a block that share a scale. */
const BLOCK = 32

/** Scale d, then 32 numbers of 8 bits: x = d q. */
const q8: BlockType = inBlocks('Q8_0', 34, (view, at, to) => {
  const d = fromFloat16(view.getUint16(at, true))
  for (let i = 0; i < BLOCK; i++) to[i] = d * view.getInt8(at + 2 + i)
})

/** Scale d, then 32 numbers of 4 bits: x = d (q - 8). */
const q4: BlockType = inBlocks('Q4_0', 18, (view, at, to) => {
  const d = fromFloat16(view.getUint16(at, true))
  eachNibble(view, at + 2, (q, i) => (to[i] = d * (q - 8)))
})

/** Scale d and least number m, then 32 numbers of 4 bits: x = d q + m. */
const q4WithLeast: BlockType = inBlocks('Q4_1', 20, (view, at, to) => {
  const [d, m] = [fromFloat16(view.getUint16(at, true)), fromFloat16(view.getUint16(at + 2, true))]
  eachNibble(view, at + 4, (q, i) => (to[i] = d * q + m))
})

/**
 * What can be read, by the number that stands for it.
 *
 * @source github.com/ggml-org/ggml, ggml-common.h and ggml-quants.c
 */
export const blockTypes: ReadonlyMap<number, BlockType> = new Map([
  [0, { name: 'F32', length: 1, bytes: 4, decode: (bytes) => new Float32Array(bytes) }],
  [1, { name: 'F16', length: 1, bytes: 2, decode: (bytes) => float16.widened(new Uint16Array(bytes)) }],
  [2, q4],
  [3, q4WithLeast],
  [8, q8],
  [30, { name: 'BF16', length: 1, bytes: 2, decode: (bytes) => bfloat16.widened(new Uint16Array(bytes)) }],
])

/** Names of what else is met with, for messages. */
export const otherTypes: ReadonlyMap<number, string> = new Map([
  [6, 'Q5_0'],
  [7, 'Q5_1'],
  [10, 'Q2_K'],
  [11, 'Q3_K'],
  [12, 'Q4_K'],
  [13, 'Q5_K'],
  [14, 'Q6_K'],
])

/** `read` puts the numbers of the block at that byte where they belong. */
function inBlocks(
  name: string,
  bytes: number,
  read: (view: DataView, at: number, to: Float32Array) => void,
): BlockType {
  return {
    name,
    length: BLOCK,
    bytes,
    decode: (blocks) => {
      const view = new DataView(blocks)
      const numbers = new Float32Array((blocks.byteLength / bytes) * BLOCK)
      for (let at = 0, to = 0; at < blocks.byteLength; at += bytes, to += BLOCK)
        read(view, at, numbers.subarray(to, to + BLOCK))
      return numbers
    },
  }
}

/** The lower halves of 16 bytes are the first 16 numbers, the upper halves the others. */
const eachNibble = (view: DataView, at: number, put: (q: number, i: number) => void): void => {
  for (let i = 0; i < BLOCK / 2; i++) {
    const byte = view.getUint8(at + i)
    put(byte & 15, i)
    put(byte >> 4, i + BLOCK / 2)
  }
}
