import { PipelineError } from '../../pipeline-error.js'
import { ShapeError } from '../program/shape-error.js'
import { sameShape } from '../program/shape.js'
import { checkFloat } from './check.js'
import { apply, type Builders, type FusedOperation } from './operation.js'

export const quantizedMatmulOperation: FusedOperation<'quantizedMatmul'> = {
  infer: ([x, weight, scale]) => {
    const [n, width] = x.shape
    const [rows, out] = weight.shape
    const fits =
      x.shape.length === 2 &&
      weight.shape.length === 2 &&
      width === rows &&
      weight.dtype === 'int8' &&
      sameShape(scale.shape, [out!])
    if (!fits)
      throw new ShapeError('quantizedMatmul', [x, weight, scale], 'x [n, in], weight [in, out] in int8 and scale [out]')
    checkFloat('quantizedMatmul', x, scale)
    return { shape: [n!, out!], dtype: 'float32' }
  },
  // Scales meet the result, which has fewer rows than the weight.
  compose: ({ cast, matmul, mul }, [x, weight, scale]) => mul(matmul(x, cast(weight, 'float32')), scale),
  derivative: () => {
    throw new PipelineError('BrokenInvariant', 'quantizedMatmul has no derivative: it is for generation')
  },
}

/**
 * x by a matrix in eight bits, whose columns are scaled. It is for generation alone: it has no derivative.
 *
 * An engine may round each row of x to eight bits too, to 127 steps from 0 to its largest number either way. What comes of
 * row n is off then by at most half a step:
 *
 *     max_i |x_ni| / 254 * scale_j * sum_i |weight_ij|
 *
 * @shape x [n, in], weight [in, out] (int8), scale [out] -> [n, out]
 */
export const quantizedMatmul: Builders['quantizedMatmul'] = (x, weight, scale) =>
  apply('quantizedMatmul', quantizedMatmulOperation, [x, weight, scale], {})
