import type { Tensor } from 'onnxruntime-node'
import type { HostTensor } from '../../program/node.js'
import type { DeviceTensor } from '../engine.js'

/** Value in a buffer of the GPU. */
export interface GpuValue {
  readonly buffer: Tensor
}

/** Value of a tensor: in the memory of this process, or in a buffer of the GPU. */
export type OnnxValue = HostTensor | GpuValue

/** Tensor of an engine of ONNX Runtime. */
export interface OnnxTensor extends DeviceTensor {
  /** Value of the tensor; undefined after it is disposed. */
  readonly value: OnnxValue | undefined
  readonly bytes: number
}

/** Returns whether a value is in a buffer of the GPU. */
export const isGpuValue = (value: OnnxValue): value is GpuValue => 'buffer' in value

/** Returns the bytes of all tensors together. */
export const bytesOf = (tensors: Iterable<OnnxTensor>): number => {
  let total = 0
  for (const { bytes } of tensors) total += bytes
  return total
}
