import { ShapeError } from '../program/shape-error.js'
import { checkFloat } from './check.js'
import { apply, type Builders, type FusedOperation } from './operation.js'

export const inverseRmsOperation: FusedOperation<'inverseRms'> = {
  infer: ([x]) => {
    checkFloat('inverseRms', x)
    if (x.shape.length === 0) throw new ShapeError('inverseRms', [x], 'at least one axis')
    return { shape: x.shape.with(-1, 1), dtype: 'float32' }
  },
  compose: ({ add, div, mul, scalar, sqrt, sum }, [x], { epsilon }) => {
    const meanSquare = mul(sum(mul(x, x), [-1], true), scalar(1 / x.shape.at(-1)!))
    return div(scalar(1), sqrt(add(meanSquare, scalar(epsilon))))
  },
  derivative: ({ mul, scalar }, g, [x], node) => {
    const cube = mul(mul(node, node), node)
    return [mul(x, mul(mul(g, cube), scalar(-1 / x.shape.at(-1)!)))]
  },
}

/** Inverse root mean square over the last axis: 1 / sqrt(mean x^2 + epsilon). @shape [2, 8] -> [2, 1] */
export const inverseRms: Builders['inverseRms'] = (x, epsilon) =>
  apply('inverseRms', inverseRmsOperation, [x], { epsilon })
