import { dtypeOfElements } from '../program/elements.js'
import { ShapeError } from '../program/shape-error.js'
import { sizeOf } from '../program/shape.js'
import { checkShape } from './check.js'
import type { Builders } from './operation.js'

/** Numbers known when the program is built; the array is the program's from here on. */
export const constant: Builders['constant'] = (data, shape) => {
  const type = checkShape('constant', { shape, dtype: dtypeOfElements(data) })
  if (data.length !== sizeOf(shape))
    throw new ShapeError('constant', [type], `${sizeOf(shape)} numbers, not ${data.length}`)
  return { op: 'constant', inputs: [], attributes: { data }, ...type }
}

/** A float32 constant of shape []. */
export const scalar: Builders['scalar'] = (value) => constant(Float32Array.of(value), [])
