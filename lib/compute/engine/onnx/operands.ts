import type { Node } from '../../program/node.js'

/** Inputs of an operation that broadcasts by itself: an explicit broadcast is skipped where the result stays the same. */
export const operands = (node: Node): readonly Node[] => {
  const small = node.inputs.map((input) => (input.op === 'broadcast' ? input.inputs[0]! : input))
  const covers = node.shape.every((size, axis) =>
    small.some(({ shape }) => shape[axis + shape.length - node.shape.length] === size),
  )
  return covers ? small : node.inputs
}
