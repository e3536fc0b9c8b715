import { ShapeError } from '../program/shape-error.js'
import { checkFloat } from './check.js'
import { apply, type Builders, type FusedOperation } from './operation.js'

export const rmsNormOperation: FusedOperation<'rmsNorm'> = {
  infer: ([x, weight]) => {
    checkFloat('rmsNorm', x, weight)
    if (x.shape.length === 0 || weight.shape.length !== 1 || weight.shape[0] !== x.shape.at(-1))
      throw new ShapeError('rmsNorm', [x, weight], 'x [..., d] and weight [d]')
    return { shape: x.shape, dtype: 'float32' }
  },
  compose: ({ inverseRms, mul }, [x, weight], { epsilon }) => mul(mul(x, inverseRms(x, epsilon)), weight),
  // The backward pass needs the norm of every row again. An engine that fuses the operation keeps this one number per row.
  derivative: ({ broadcast, inverseRms, mul, scalar, sub, sum }, gradient, [x, weight], { attributes, shape }) => {
    const g = broadcast(gradient, shape)
    const inverse = inverseRms(x, attributes.epsilon)
    const normal = mul(x, inverse)
    const inward = mul(g, weight)
    const mean = mul(sum(mul(inward, normal), [-1], true), scalar(1 / weight.shape[0]!))
    const leading = Array.from({ length: shape.length - 1 }, (_, axis) => axis)
    return [mul(sub(inward, mul(normal, mean)), inverse), sum(mul(g, normal), leading)]
  },
}

/**
 * Root-mean-square normalisation over the last axis: x / sqrt(mean x^2 + epsilon) * weight.
 *
 * @shape  x [..., d], weight [d] -> [..., d]: [2, 8], [8] -> [2, 8]
 * @source arXiv:1910.07467
 */
export const rmsNorm: Builders['rmsNorm'] = (x, weight, epsilon) =>
  apply('rmsNorm', rmsNormOperation, [x, weight], { epsilon })
