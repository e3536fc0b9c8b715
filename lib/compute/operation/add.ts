import { isOp } from '../program/node.js'
import { broadcastType } from './check.js'
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
  return isOp(b, 'neg') ? sub(a, b.inputs[0]!) : apply('add', addOperation, [a, b], {})
}
