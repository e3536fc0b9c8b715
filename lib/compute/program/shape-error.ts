import { PipelineError } from '../../pipeline-error.js'
import { describeType, type TensorType } from './shape.js'

/** A program that cannot be built: which operation, the tensors it was given and what it takes. */
export class ShapeError extends PipelineError {
  constructor(
    readonly op: string,
    found: readonly TensorType[],
    readonly expected: string,
  ) {
    const types = found.map(describeType).join(' and ') || 'nothing'
    super('BrokenInvariant', `${op}: found ${types}, expected ${expected}`)
    this.name = 'ShapeError'
  }
}
