import type { Tensor } from 'onnxruntime-node'
import type { DType, Shape } from '../../program/node.js'
import { sizeOf } from '../../program/shape.js'
import type { GpuValue, OnnxTensor } from './onnx-tensor.js'

/** Bytes of an element. Elements of 8 bits have no buffers on a GPU. */
const BYTES = 4

/** Tensor in a buffer of the GPU. It is live from its construction until it is disposed. */
export class GpuTensor implements OnnxTensor {
  readonly shape: Shape
  readonly bytes: number
  #value: GpuValue | undefined

  /** Takes over the buffer. `free` releases it after the runs that were called before. */
  constructor(
    buffer: Tensor,
    readonly dtype: DType,
    private readonly live: Set<OnnxTensor>,
    private readonly free: (buffer: Tensor) => void,
  ) {
    this.shape = buffer.dims
    this.bytes = BYTES * sizeOf(this.shape)
    this.#value = { buffer }
    live.add(this)
  }

  get value(): GpuValue | undefined {
    return this.#value
  }

  dispose(): void {
    if (this.#value === undefined) return
    this.free(this.#value.buffer)
    this.#value = undefined
    this.live.delete(this)
  }
}
