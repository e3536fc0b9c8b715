/** Nodes that are not computed from other nodes: inputs and constants. */
import { dtypeOfElements } from '../program/elements.js'
import type { Node, Shape } from '../program/node.js'
import { ShapeError } from '../program/shape-error.js'
import { sizeOf } from '../program/shape.js'
import { checkShape } from './check.js'
import type { Builders } from './operation.js'

/**
 * Input of a program. Every run is fed a tensor under this name.
 *
 * @errors ShapeError if a dimension is not a positive integer
 * @example
 * input('tokens', [4, 128], 'int32') // shape [4, 128]
 */
export const input: Builders['input'] = (name, shape, dtype = 'float32') => ({
  op: 'input',
  inputs: [],
  attributes: { name },
  ...checkShape(`input ${name}`, { shape, dtype }),
})

/**
 * Constant tensor of a program. The program keeps the array, so the caller must not change it.
 *
 * @errors ShapeError if the array has another number of elements than the shape
 * @example
 * constant(Float32Array.of(1, 2, 3), [3]) // shape [3]
 */
export const constant: Builders['constant'] = (data, shape) => {
  const type = checkShape('constant', { shape, dtype: dtypeOfElements(data) })
  if (data.length !== sizeOf(shape))
    throw new ShapeError('constant', [type], `${sizeOf(shape)} numbers, not ${data.length}`)
  return { op: 'constant', inputs: [], attributes: { data }, ...type }
}

/** Constant float32 number. @shape [] */
export const scalar: Builders['scalar'] = (value) => constant(Float32Array.of(value), [])

/**
 * Constant 0, 1, 2, ... in int32. Only one axis of the shape may be longer than 1, and the numbers count along that
 * axis.
 *
 * @example
 * iota([1, 4]) // [[0, 1, 2, 3]]
 */
export const iota = (shape: Shape): Node<'constant'> =>
  constant(
    Int32Array.from({ length: sizeOf(shape) }, (_, i) => i),
    shape,
  )
