import type { DType, NarrowFormat, Shape } from '../../program/node.js'
import type { DeviceTensor } from '../engine.js'
import type { Range } from './recording/memory.js'

/** Tensor in GPU memory that lives until it is disposed. */
export class WebgpuTensor implements DeviceTensor {
  constructor(
    readonly shape: Shape,
    readonly dtype: DType,
    /** Format in memory, if it is narrower than that of `dtype`. */
    readonly narrow: NarrowFormat | undefined,
    readonly range: Range,
    private readonly free: (tensor: WebgpuTensor) => void,
  ) {}

  dispose(): void {
    this.free(this)
  }
}
