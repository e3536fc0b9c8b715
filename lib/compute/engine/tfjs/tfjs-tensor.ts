import { type Tensor, tensor } from '@tensorflow/tfjs-core'
import type { DType, HostTensor, Shape } from '../../program/node.js'
import type { DeviceTensor } from '../engine.js'

/** A tensor of TensorFlow.js that lasts until it is disposed. */
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
 * A backend that computes in JavaScript keeps the array itself: nobody may write to it any more. TensorFlow.js has no
 * int8, which lies there as int32.
 */
export const toDevice = ({ shape, data }: HostTensor): Tensor => {
  if (data instanceof Float32Array) return tensor(data, [...shape], 'float32')
  return tensor(data instanceof Int32Array ? data : Int32Array.from(data), [...shape], 'int32')
}

const arrays = { float32: Float32Array, int32: Int32Array, int8: Int8Array } as const

/** A copy, for the same reason; and because there an Int32Array may lie in a float32 tensor that was cast. */
export const toHost = async (value: Tensor, dtype: DType): Promise<HostTensor> => {
  const data = await value.data()
  return { shape: value.shape, data: new arrays[dtype](data) }
}

export const copyOf = ({ shape, data }: HostTensor): HostTensor => ({ shape, data: data.slice() })
