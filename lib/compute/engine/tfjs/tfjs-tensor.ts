import { type Tensor, tensor } from '@tensorflow/tfjs-core'
import type { DType, HostTensor, Shape } from '../../program/node.js'
import type { DeviceTensor } from '../engine.js'

/** A tensor of TensorFlow.js that lasts until it is disposed. */
export class TfjsTensor implements DeviceTensor {
  readonly shape: Shape
  readonly dtype: DType

  constructor(
    readonly value: Tensor,
    private readonly free: (value: Tensor) => void,
  ) {
    this.shape = value.shape
    this.dtype = value.dtype as DType
  }

  dispose(): void {
    this.free(this.value)
  }
}

/** A backend that computes in JavaScript keeps the array itself: nobody may write to it any more. */
export const toDevice = ({ shape, data }: HostTensor): Tensor =>
  tensor(data, [...shape], data instanceof Int32Array ? 'int32' : 'float32')

/** A copy, for the same reason; and because there an Int32Array may lie in a float32 tensor that was cast. */
export const toHost = async (value: Tensor): Promise<HostTensor> => {
  const data = await value.data()
  return { shape: value.shape, data: value.dtype === 'int32' ? new Int32Array(data) : new Float32Array(data) }
}

export const copyOf = ({ shape, data }: HostTensor): HostTensor => ({ shape, data: data.slice() })
