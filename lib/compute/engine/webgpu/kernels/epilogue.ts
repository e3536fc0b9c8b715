import { isOp, type Node } from '../../../program/node.js'
import { sameShape } from '../../../program/shape.js'
import type { Group } from '../fusion/group.js'
import type { Bindings } from './bindings.js'
import type { Emitter } from './emitter.js'
import { type Position, position, reshapePosition } from './position.js'

/**
 * Writes the end of a kernel: the element of the anchor at a position passes through the epilogue and is stored. A view in the
 * epilogue changes the place where the element is stored.
 */
export const finish = (
  { anchor, epilogue }: Group,
  emitter: Emitter,
  bindings: Bindings,
  at: Position,
  value: string,
): void => {
  let [node, place, code] = [anchor!, at, value]
  for (const next of epilogue) {
    emitter.registers.set(node, code)
    place = placeAfter(next, place, emitter)
    code = emitter.compute(next, place)
    emitter.registers.delete(node)
    node = next
  }
  emitter.line(`${bindings.write(node)}[${emitter.flat(place)}] = ${code};`)
}

/** Position in the result of an operation that an element of its input reaches. */
const placeAfter = (next: Node, at: Position, emitter: Emitter): Position => {
  if (isOp(next, 'transpose')) {
    const coordinates = emitter.coordinates(at)
    return position(
      next.shape,
      next.attributes.permutation.map((axis) => coordinates[axis]!),
    )
  }
  return sameShape(at.shape, next.shape) ? at : reshapePosition(at, next.shape, emitter.declare)
}
