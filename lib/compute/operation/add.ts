import { isOp, type Node } from '../program/node.js'
import { broadcastType } from './check.js'
import { concat } from './concat.js'
import { sameShape } from '../program/shape.js'
import { pad } from './pad.js'
import { apply, type Builders, type Operation } from './operation.js'
import { foldScalars, isNeutral } from './scalar-value.js'
import { sub } from './sub.js'
import { unbroadcast } from './unbroadcast.js'

export const addOperation: Operation<'add'> = {
  infer: ([a, b]) => broadcastType('add', a, b),
  derivative: (build, g, inputs, { shape }) => inputs.map((x) => unbroadcast(build, g, shape, x.shape)),
}

/** a + b, broadcasting. */
export const add: Builders['add'] = (a, b) => {
  const folded = foldScalars(a, b, (x, y) => x + y)
  if (folded !== null) return folded
  if (isNeutral(b, 0, a)) return a
  if (isNeutral(a, 0, b)) return b
  if (isOp(b, 'neg')) return sub(a, b.inputs[0]!)
  return joined(a, b) ?? joined(b, a) ?? apply('add', addOperation, [a, b], {})
}

/** What slices of one tensor send back: zeros around each, and one begins where the other ends. */
const joined = (a: Node, b: Node): Node | null => {
  if (!isOp(a, 'pad') || !isOp(b, 'pad') || !sameShape(a.shape, b.shape)) return null
  const [first, second] = [a.inputs[0]!, b.inputs[0]!]
  const { before } = a.attributes
  const { before: start, after } = b.attributes
  const axis = before.findIndex((width, i) => width !== start[i])
  const meet = first.shape.every((size, i) =>
    i === axis ? start[i] === before[i]! + size : start[i] === before[i] && second.shape[i] === size,
  )
  return axis >= 0 && meet ? pad(concat([first, second], axis), before, after) : null
}
