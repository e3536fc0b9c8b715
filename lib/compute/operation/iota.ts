import type { Node, Shape } from '../program/node.js'
import { sizeOf } from '../program/shape.js'
import { constant } from './constant.js'

/** 0, 1, 2, ... in int32, row-major: places along the one axis of a shape that is longer than 1. */
export const iota = (shape: Shape): Node<'constant'> =>
  constant(
    Int32Array.from({ length: sizeOf(shape) }, (_, i) => i),
    shape,
  )
