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
 * Adds rows to a table of zeros at their ids. Rows of equal ids are summed. It is the derivative of {@link gather}.
 *
 * @shape  rows 10: ids [2, 3] (int32), updates [2, 3, 4] -> [10, 4]
 * @errors ShapeError; a run may fail with PipelineError EngineFailed if an id is not below `rows`
 */
export const scatterAdd: Builders['scatterAdd'] = (ids, updates, rows) =>
  apply('scatterAdd', scatterAddOperation, [ids, updates], { rows })
