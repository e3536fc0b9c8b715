import type { DType, Elements } from './node.js'

/** Returns the element type of an array. */
export const dtypeOfElements = (data: Elements): DType =>
  data instanceof Float32Array ? 'float32' : data instanceof Int32Array ? 'int32' : 'int8'
