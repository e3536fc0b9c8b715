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
  // The scale is applied to the result, which has fewer rows than the weight.
  compose: ({ cast, matmul, mul }, [x, weight, scale]) => mul(matmul(x, cast(weight, 'float32')), scale),
  derivative: () => {
    throw new PipelineError('BrokenInvariant', 'quantizedMatmul has no derivative: it is for generation')
  },
}

/**
 * Product of x with an 8-bit matrix whose columns are scaled: x (weight * scale). It serves generation and has no
 * derivative.
 *
 * An engine may also round each row of x to 8 bits, in 127 steps from 0 to the largest magnitude of the row. The error
 * of the result in row n and column j is then at most half a step:
 *
 *     max_i |x_ni| / 254 * scale_j * sum_i |weight_ij|
 *
 * @shape  x [n, in], weight [in, out] (int8), scale [out] -> [n, out]
 * @errors ShapeError; `gradient` throws PipelineError BrokenInvariant
 */
export const quantizedMatmul: Builders['quantizedMatmul'] = (x, weight, scale) =>
  apply('quantizedMatmul', quantizedMatmulOperation, [x, weight, scale], {})
