import { ShapeError } from '../program/shape-error.js'
import { sameShape } from '../program/shape.js'
import { checkFloat, checkShape } from './check.js'
import { apply, type Builders, type Operation } from './operation.js'

export const scatterAddOperation: Operation<'scatterAdd'> = {
  infer: ([ids, updates], { rows }) => {
    checkFloat('scatterAdd', updates)
    const leading = ids.shape.length
    if (ids.dtype !== 'int32' || !sameShape(ids.shape, updates.shape.slice(0, leading)))
      throw new ShapeError(
        'scatterAdd',
        [ids, updates],
        'ids [...] in int32 and one update row [...ids, ...row] per id',
      )
    return checkShape('scatterAdd', { shape: [rows, ...updates.shape.slice(leading)], dtype: 'float32' })
  },
  derivative: (build, g, [ids], { shape }) => [null, build.gather(build.broadcast(g, shape), ids)],
}

/**
 * Adds rows into zeros at their ids; duplicate ids add up. The derivative of {@link gather}.
 *
 * @shape ids [...], updates [...ids, ...row] -> [rows, ...row]
 */
export const scatterAdd: Builders['scatterAdd'] = (ids, updates, rows) =>
  apply('scatterAdd', scatterAddOperation, [ids, updates], { rows })
