import { type Tensor, tensor } from '@tensorflow/tfjs-core'
import type { DType, HostTensor, Shape } from '../../program/node.js'
import type { DeviceTensor } from '../engine.js'

/** Tensor of TensorFlow.js that lives until it is disposed. */
export class TfjsTensor implements DeviceTensor {
  readonly shape: Shape

  constructor(
    readonly value: Tensor,
    readonly dtype: DType,
    private readonly free: (value: Tensor) => void,
  ) {
    this.shape = value.shape
  }

  dispose(): void {
    this.free(this.value)
  }
}

/**
 * Makes a tensor of TensorFlow.js. The caller must not change the array, because a backend in JavaScript keeps it.
 * TensorFlow.js has no int8, so int8 is stored as int32.
 */
export const toDevice = ({ shape, data }: HostTensor): Tensor => {
  if (data instanceof Float32Array) return tensor(data, [...shape], 'float32')
  return tensor(data instanceof Int32Array ? data : Int32Array.from(data), [...shape], 'int32')
}

const arrays = { float32: Float32Array, int32: Int32Array, int8: Int8Array } as const

/**
 * Copies a tensor to the host. The copy is needed because a backend in JavaScript returns its own array, and because a
 * float32 tensor that was cast may hold an Int32Array.
 */
export const toHost = async (value: Tensor, dtype: DType): Promise<HostTensor> => {
  const data = await value.data()
  return { shape: value.shape, data: new arrays[dtype](data) }
}

/** Copies a host tensor. */
export const copyOf = ({ shape, data }: HostTensor): HostTensor => ({ shape, data: data.slice() })
