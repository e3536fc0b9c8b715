import type { DType, Elements, HostTensor, NarrowFormat, Shape } from '../../../program/node.js'
import { sizeOf } from '../../../program/shape.js'
import type { GpuEncoder } from '../gpu.js'
import type { Block, Memory, Range } from './memory.js'
import { fromNarrow } from './narrow.js'

const arrays = { float32: Float32Array, int32: Int32Array, int8: Int8Array } as const

/** Returns the bytes of an array, a whole number of words as WebGPU requires. */
export const wordsOf = (data: Elements | Uint16Array): Uint8Array => {
  const bytes = new Uint8Array(data.buffer, data.byteOffset, data.byteLength)
  if (bytes.length % 4 === 0) return bytes
  const padded = new Uint8Array(Math.ceil(bytes.length / 4) * 4)
  padded.set(bytes)
  return padded
}

/** Tensor that is copied to the host. */
export interface Request {
  readonly shape: Shape
  readonly dtype: DType
  readonly range: Range
  /** Format in memory, if it is narrower than that of `dtype`. */
  readonly narrow?: NarrowFormat | undefined
}

/** Mode in which a buffer is mapped: for reading. */
const READ = 1

/** Copies of tensors to the host, which end up in one buffer. */
export class ReadBack {
  readonly #starts: readonly number[]
  readonly #block: Block

  constructor(
    private readonly memory: Memory,
    private readonly requests: readonly Request[],
  ) {
    let end = 0
    this.#starts = requests.map(({ range }) => {
      const start = end
      end += range.bytes
      return start
    })
    this.#block = memory.take(end, 'reading')
  }

  /** Adds the copies to the commands of a run. */
  encode(encoder: GpuEncoder): void {
    this.requests.forEach(({ range: { block, offset, bytes } }, i) =>
      encoder.copyBufferToBuffer(block.buffer, offset, this.#block.buffer, this.#starts[i]!, bytes),
    )
  }

  /** Waits for the GPU and returns the tensors. */
  async tensors(): Promise<readonly HostTensor[]> {
    const { buffer } = this.#block
    try {
      await buffer.mapAsync(READ)
      const whole = buffer.getMappedRange()
      const results = this.requests.map((request, i) =>
        tensorOf(request, whole.slice(this.#starts[i], this.#starts[i]! + request.range.bytes)),
      )
      buffer.unmap()
      this.memory.give(this.#block)
      return results
    } catch (error) {
      buffer.destroy()
      throw error
    }
  }
}

/** Returns the tensor of these bytes. They are a whole number of words, which may be more than the tensor has. */
const tensorOf = ({ shape, dtype, narrow }: Request, bytes: ArrayBuffer): HostTensor => {
  if (narrow !== undefined) return { shape, data: fromNarrow(new Uint16Array(bytes, 0, sizeOf(shape)), narrow), narrow }
  const data = new arrays[dtype](bytes)
  return { shape, data: dtype === 'int8' ? data.slice(0, sizeOf(shape)) : data }
}
