import type { DType, HostTensor, Shape } from '../../program/node.js'
import { dtypeOf } from '../feed.js'
import type { OnnxTensor } from './onnx-tensor.js'

/** Tensor in the memory of this process. It is live from its construction until it is disposed. */
export class CpuTensor implements OnnxTensor {
  readonly shape: Shape
  readonly dtype: DType
  readonly #live: Set<OnnxTensor>
  #value: HostTensor | undefined

  /** Takes over the array: the caller must not change it. */
  constructor(value: HostTensor, live: Set<OnnxTensor>) {
    this.shape = value.shape
    this.dtype = dtypeOf(value)
    this.#value = value
    this.#live = live.add(this)
  }

  get value(): HostTensor | undefined {
    return this.#value
  }

  get bytes(): number {
    return this.#value?.data.byteLength ?? 0
  }

  dispose(): void {
    this.#value = undefined
    this.#live.delete(this)
  }
}
