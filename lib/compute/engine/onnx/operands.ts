import type { Node } from '../../program/node.js'

/**
 * Returns the inputs of an operation that broadcasts by itself. An input that is an explicit broadcast is replaced by
 * the smaller tensor if the shape of the result stays the same.
 */
export const operands = (node: Node): readonly Node[] => {
  const small = node.inputs.map((input) => (input.op === 'broadcast' ? input.inputs[0]! : input))
  const covers = node.shape.every((size, axis) =>
    small.some(({ shape }) => shape[axis + shape.length - node.shape.length] === size),
  )
  return covers ? small : node.inputs
}
