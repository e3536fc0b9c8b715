import { ShapeError } from '../program/shape-error.js'
import { apply, type Builders, type Operation } from './operation.js'

export const gatherOperation: Operation<'gather'> = {
  infer: ([table, ids]) => {
    if (table.shape.length === 0 || ids.dtype !== 'int32')
      throw new ShapeError('gather', [table, ids], 'a table [rows, ...] and ids in int32')
    return { shape: [...ids.shape, ...table.shape.slice(1)], dtype: table.dtype }
  },
  derivative: (build, g, [table, ids], { shape }) => [
    build.scatterAdd(ids, build.broadcast(g, shape), table.shape[0]!),
    null,
  ],
}

/**
 * Reads rows of a table by their ids.
 *
 * @shape  table [10, 4], ids [2, 3] (int32) -> [2, 3, 4]
 * @errors ShapeError; a run fails with PipelineError EngineFailed if an id is not below the number of rows
 */
export const gather: Builders['gather'] = (table, ids) => apply('gather', gatherOperation, [table, ids], {})
