import { ShapeError } from '../program/shape-error.js'
import { checkShape } from './check.js'
import { apply, type Builders, noDerivative, type Operation } from './operation.js'

export const oneHotOperation: Operation<'oneHot'> = {
  infer: ([ids], { depth }) => {
    if (ids.dtype !== 'int32') throw new ShapeError('oneHot', [ids], 'ids in int32')
    return checkShape('oneHot', { shape: [...ids.shape, depth], dtype: 'float32' })
  },
  derivative: noDerivative(1),
}

/** One-hot encoding: for each id a row of zeros with a 1 at the id. @shape depth 5: ids [2, 3] (int32) -> [2, 3, 5] */
export const oneHot: Builders['oneHot'] = (ids, depth) => apply('oneHot', oneHotOperation, [ids], { depth })
