import type { DType, HostTensor, Shape } from '../../program/node.js'
import type { DeviceTensor } from '../engine.js'
import { dtypeOf } from '../feed.js'

/** A tensor in the memory of this process. It counts as live from its making to its disposal. */
export class CpuTensor implements DeviceTensor {
  readonly shape: Shape
  readonly dtype: DType
  readonly #live: Set<CpuTensor>
  #value: HostTensor | undefined

  /** The array now belongs to the tensor. */
  constructor(value: HostTensor, live: Set<CpuTensor>) {
    this.shape = value.shape
    this.dtype = dtypeOf(value)
    this.#value = value
    this.#live = live.add(this)
  }

  /** Undefined once disposed. */
  get value(): HostTensor | undefined {
    return this.#value
  }

  dispose(): void {
    this.#value = undefined
    this.#live.delete(this)
  }
}

export const bytesOf = (tensors: Iterable<CpuTensor>): number => {
  let bytes = 0
  for (const { value } of tensors) bytes += value?.data.byteLength ?? 0
  return bytes
}
