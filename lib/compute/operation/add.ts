import { isOp, type Node } from '../program/node.js'
import { broadcastType } from './check.js'
import { concat } from './concat.js'
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

/** What slices of one tensor send back: zeros around each, which end where the other begins. */
const joined = (a: Node, b: Node): Node | null => {
  if (!isOp(a, 'pad') || !isOp(b, 'pad')) return null
  const [first, second] = [a.inputs[0]!, b.inputs[0]!]
  const axis = a.attributes.after.findIndex((width) => width > 0)
  const meet = (size: number, i: number) =>
    i === axis
      ? a.attributes.before[i] === 0 &&
        b.attributes.after[i] === 0 &&
        a.attributes.after[i] === second.shape[i] &&
        b.attributes.before[i] === size
      : second.shape[i] === size && a.shape[i] === size && b.shape[i] === size
  return first.shape.every(meet) ? concat([first, second], axis) : null
}
