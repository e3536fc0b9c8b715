import type { DType, HostTensor, Shape } from '../../program/node.js'
import type { DeviceTensor } from '../engine.js'
import { dtypeOf } from '../feed.js'

/** Tensor in the memory of this process. It is live from its construction until it is disposed. */
export class CpuTensor implements DeviceTensor {
  readonly shape: Shape
  readonly dtype: DType
  readonly #live: Set<CpuTensor>
  #value: HostTensor | undefined

  /** Takes over the array: the caller must not change it. */
  constructor(value: HostTensor, live: Set<CpuTensor>) {
    this.shape = value.shape
    this.dtype = dtypeOf(value)
    this.#value = value
    this.#live = live.add(this)
  }

  /** Value of the tensor; undefined after it is disposed. */
  get value(): HostTensor | undefined {
    return this.#value
  }

  dispose(): void {
    this.#value = undefined
    this.#live.delete(this)
  }
}

/** Returns the bytes of all tensors together. */
export const bytesOf = (tensors: Iterable<CpuTensor>): number => {
  let bytes = 0
  for (const { value } of tensors) bytes += value?.data.byteLength ?? 0
  return bytes
}
