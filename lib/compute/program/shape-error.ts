import { PipelineError } from '../../pipeline-error.js'
import { describeType, type TensorType } from './shape.js'

/**
 * Error of a program that cannot be built: the operation, the types of the tensors it got, and the types it accepts.
 */
export class ShapeError extends PipelineError {
  override readonly name = 'ShapeError'
  constructor(
    readonly op: string,
    found: readonly TensorType[],
    readonly expected: string,
  ) {
    const types = found.map(describeType).join(' and ') || 'nothing'
    super('BrokenInvariant', `${op}: found ${types}, expected ${expected}`)
  }
}
