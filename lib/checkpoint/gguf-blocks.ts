import { fromFloat64 } from './double.js'
import { bfloat16, float16, fromFloat16 } from './half.js'

/** Storage format of a tensor's numbers in a GGUF file. */
export interface BlockType {
  readonly name: string
  /** Count of numbers in a block. */
  readonly length: number
  /** Size of a block. @units bytes */
  readonly bytes: number
  /** Decodes consecutive blocks. `place` is the place that errors name. @errors throws CheckpointError for a number outside the range of float32 */
  readonly decode: (blocks: ArrayBuffer, place: string) => Float32Array
}

/** Count of numbers in a block that share a scale. */
const BLOCK = 32

/** Format Q8_0: a scale d, then 32 numbers of 8 bits; x = d q. */
const q8: BlockType = createBlockType('Q8_0', 34, (view, at, to) => {
  const d = fromFloat16(view.getUint16(at, true))
  for (let i = 0; i < BLOCK; i++) to[i] = d * view.getInt8(at + 2 + i)
})

/** Format Q4_0: a scale d, then 32 numbers of 4 bits; x = d (q - 8). */
const q4: BlockType = createBlockType('Q4_0', 18, (view, at, to) => {
  const d = fromFloat16(view.getUint16(at, true))
  forEachNibble(view, at + 2, (q, i) => (to[i] = d * (q - 8)))
})

/** Format Q4_1: a scale d and a minimum m, then 32 numbers of 4 bits; x = d q + m. */
const q4WithMinimum: BlockType = createBlockType('Q4_1', 20, (view, at, to) => {
  const [d, m] = [fromFloat16(view.getUint16(at, true)), fromFloat16(view.getUint16(at + 2, true))]
  forEachNibble(view, at + 4, (q, i) => (to[i] = d * q + m))
})

/**
 * Supported storage formats by their number in a GGUF file.
 *
 * @source github.com/ggml-org/ggml, ggml-common.h and ggml-quants.c
 */
export const blockTypes: ReadonlyMap<number, BlockType> = new Map([
  [0, { name: 'F32', length: 1, bytes: 4, decode: (bytes) => new Float32Array(bytes) }],
  [1, { name: 'F16', length: 1, bytes: 2, decode: (bytes) => float16.toFloat32(new Uint16Array(bytes)) }],
  [2, q4],
  [3, q4WithMinimum],
  [8, q8],
  [28, { name: 'F64', length: 1, bytes: 8, decode: fromFloat64 }],
  [30, { name: 'BF16', length: 1, bytes: 2, decode: (bytes) => bfloat16.toFloat32(new Uint16Array(bytes)) }],
])

/** Names of unsupported storage formats, for error messages. */
export const otherTypes: ReadonlyMap<number, string> = new Map([
  [6, 'Q5_0'],
  [7, 'Q5_1'],
  [10, 'Q2_K'],
  [11, 'Q3_K'],
  [12, 'Q4_K'],
  [13, 'Q5_K'],
  [14, 'Q6_K'],
])

/** Creates a storage format. `read` decodes the block at byte `at` into `to`. */
function createBlockType(
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

/** Calls `put` for each 4-bit number: the lower halves of 16 bytes are the first 16 numbers, the upper halves the others. */
const forEachNibble = (view: DataView, at: number, put: (q: number, i: number) => void): void => {
  for (let i = 0; i < BLOCK / 2; i++) {
    const byte = view.getUint8(at + i)
    put(byte & 15, i)
    put(byte >> 4, i + BLOCK / 2)
  }
}
