import { ShapeError } from '../program/shape-error.js'
import { broadcastShapes } from '../program/shape.js'
import { broadcastType, checkFloat } from './check.js'
import { apply, type Builders, type Operation } from './operation.js'
import { unbroadcast } from './unbroadcast.js'

export const selectOperation: Operation<'select'> = {
  infer: ([condition, a, b]) => {
    checkFloat('select', condition)
    const { shape, dtype } = broadcastType('select', a, b)
    const joined = broadcastShapes(condition.shape, shape)
    if (joined === null) throw new ShapeError('select', [condition, a, b], 'shapes that broadcast')
    return { shape: joined, dtype }
  },
  derivative: (build, g, [condition, a, b], { shape }) => {
    const zero = build.scalar(0)
    return [
      null,
      unbroadcast(build, build.select(condition, g, zero), shape, a.shape),
      unbroadcast(build, build.select(condition, zero, g), shape, b.shape),
    ]
  },
}

/**
 * Returns a where the condition is not 0, otherwise b. The three shapes broadcast. The gradient flows to the operand
 * that was chosen.
 *
 * @shape condition [2, 1], a [2, 3], b [] -> [2, 3]
 */
export const select: Builders['select'] = (condition, a, b) => apply('select', selectOperation, [condition, a, b], {})
