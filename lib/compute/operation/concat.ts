import { ShapeError } from '../program/shape-error.js'
import { normalizeAxis } from './check.js'
import { apply, type Builders, type Operation } from './operation.js'

export const concatOperation: Operation<'concat'> = {
  infer: (inputs, { axis }) => {
    const [first] = inputs
    const fits = inputs.every(
      ({ shape, dtype }) =>
        dtype === first?.dtype &&
        shape.length === first.shape.length &&
        shape.every((size, i) => i === axis || size === first.shape[i]),
    )
    if (first === undefined || !fits)
      throw new ShapeError('concat', inputs, `tensors that differ along axis ${axis} alone`)
    const joined = inputs.reduce((total, { shape }) => total + shape[axis]!, 0)
    return { shape: first.shape.map((size, i) => (i === axis ? joined : size)), dtype: first.dtype }
  },
  derivative: (build, gradient, inputs, { shape, attributes: { axis } }) => {
    const g = build.broadcast(gradient, shape)
    let start = 0
    return inputs.map((x) => {
      const part = build.slice(
        g,
        shape.map((_, i) => (i === axis ? start : 0)),
        x.shape,
      )
      start += x.shape[axis]!
      return part
    })
  },
}

/**
 * Joins tensors along an axis.
 *
 * @shape axis 0: [2, 3], [4, 3] -> [6, 3]
 * @errors ShapeError if the tensors differ in type or along another axis
 */
export const concat: Builders['concat'] = (inputs, axis) => {
  const [first] = inputs
  if (first === undefined) throw new ShapeError('concat', [], 'at least one tensor')
  const node = apply('concat', concatOperation, inputs, { axis: normalizeAxis('concat', first, axis) })
  return inputs.length === 1 ? first : node
}
