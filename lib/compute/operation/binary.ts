/** Elementwise operations of two tensors, whose shapes broadcast as in NumPy. */
import { isOp, type Node } from '../program/node.js'
import { sameShape } from '../program/shape.js'
import { broadcastType, checkFloat } from './check.js'
import { concat } from './concat.js'
import { apply, type Builders, noDerivative, type Operation } from './operation.js'
import { pad } from './pad.js'
import { foldScalars, isNeutral } from './scalar-value.js'
import { unbroadcast } from './unbroadcast.js'

export const addOperation: Operation<'add'> = {
  infer: ([a, b]) => broadcastType('add', a, b),
  derivative: (build, g, inputs, { shape }) => inputs.map((x) => unbroadcast(build, g, shape, x.shape)),
}

/** Sum: a + b. @shape [2, 3], [3] -> [2, 3] */
export const add: Builders['add'] = (a, b) => {
  const folded = foldScalars(a, b, (x, y) => x + y)
  if (folded !== null) return folded
  if (isNeutral(b, 0, a)) return a
  if (isNeutral(a, 0, b)) return b
  if (isOp(b, 'neg')) return sub(a, b.inputs[0]!)
  return joinPads(a, b) ?? joinPads(b, a) ?? apply('add', addOperation, [a, b], {})
}

/**
 * Returns the sum of two padded tensors as one pad of their concatenation, if one begins where the other ends; null
 * otherwise. The gradients of neighbouring slices of one tensor are such a pair.
 */
const joinPads = (a: Node, b: Node): Node | null => {
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

export const subOperation: Operation<'sub'> = {
  infer: ([a, b]) => broadcastType('sub', a, b),
  derivative: (build, g, [a, b], { shape }) => [
    unbroadcast(build, g, shape, a.shape),
    build.neg(unbroadcast(build, g, shape, b.shape)),
  ],
}

/** Difference: a - b. @shape [2, 3], [3] -> [2, 3] */
export const sub: Builders['sub'] = (a, b) =>
  foldScalars(a, b, (x, y) => x - y) ?? (isNeutral(b, 0, a) ? a : apply('sub', subOperation, [a, b], {}))

export const mulOperation: Operation<'mul'> = {
  infer: ([a, b]) => broadcastType('mul', a, b),
  derivative: (build, g, [a, b], { shape }) =>
    a === b
      ? [build.mul(build.mul(g, build.scalar(2)), a), null]
      : [unbroadcast(build, build.mul(g, b), shape, a.shape), unbroadcast(build, build.mul(g, a), shape, b.shape)],
}

/** Product: a b. @shape [2, 1], [3] -> [2, 3] */
export const mul: Builders['mul'] = (a, b) => {
  const folded = foldScalars(a, b, (x, y) => x * y)
  if (folded !== null) return folded
  if (isNeutral(b, 1, a)) return a
  return isNeutral(a, 1, b) ? b : apply('mul', mulOperation, [a, b], {})
}

export const divOperation: Operation<'div'> = {
  infer: ([a, b]) => {
    checkFloat('div', a, b)
    return broadcastType('div', a, b)
  },
  derivative: (build, g, [a, b], quotient) => {
    const { shape } = quotient
    const share = build.div(g, b)
    return [
      unbroadcast(build, share, shape, a.shape),
      build.neg(unbroadcast(build, build.mul(share, quotient), shape, b.shape)),
    ]
  },
}

/** Quotient: a / b. @shape [2, 3], [2, 1] -> [2, 3] */
export const div: Builders['div'] = (a, b) =>
  foldScalars(a, b, (x, y) => x / y) ?? (isNeutral(b, 1, a) ? a : apply('div', divOperation, [a, b], {}))

/** Derivative of an operation that picks one operand per element: the gradient flows to the operand that was picked. */
const derivativeOfPick =
  (picksSecond: (build: Builders, a: Node, b: Node) => Node): Operation<'maximum' | 'minimum'>['derivative'] =>
  (build, g, [a, b], { shape }) => {
    const second = picksSecond(build, a, b)
    const zero = build.scalar(0)
    return [
      unbroadcast(build, build.select(second, zero, g), shape, a.shape),
      unbroadcast(build, build.select(second, g, zero), shape, b.shape),
    ]
  }

export const maximumOperation: Operation<'maximum'> = {
  infer: ([a, b]) => broadcastType('maximum', a, b),
  derivative: derivativeOfPick(({ less }, a, b) => less(a, b)),
}

/**
 * Larger of a and b. Where they are equal, the gradient flows to a, as it should at the bounds of a clamp.
 *
 * @shape [2, 3], [] -> [2, 3]
 */
export const maximum: Builders['maximum'] = (a, b) => apply('maximum', maximumOperation, [a, b], {})

export const minimumOperation: Operation<'minimum'> = {
  infer: ([a, b]) => broadcastType('minimum', a, b),
  derivative: derivativeOfPick(({ less }, a, b) => less(b, a)),
}

/**
 * Smaller of a and b. Where they are equal, the gradient flows to a, as it should at the bounds of a clamp.
 *
 * @shape [2, 3], [] -> [2, 3]
 */
export const minimum: Builders['minimum'] = (a, b) => apply('minimum', minimumOperation, [a, b], {})

export const lessOperation: Operation<'less'> = {
  infer: ([a, b]) => ({ ...broadcastType('less', a, b), dtype: 'float32' }),
  derivative: noDerivative(2),
}

/** Comparison: 1 where a < b, otherwise 0, in float32. @shape [2, 3], [3] -> [2, 3] */
export const less: Builders['less'] = (a, b) => apply('less', lessOperation, [a, b], {})

export const equalOperation: Operation<'equal'> = {
  infer: ([a, b]) => ({ ...broadcastType('equal', a, b), dtype: 'float32' }),
  derivative: noDerivative(2),
}

/** Comparison: 1 where a = b, otherwise 0, in float32. @shape [2, 1], [3] -> [2, 3] */
export const equal: Builders['equal'] = (a, b) => apply('equal', equalOperation, [a, b], {})
