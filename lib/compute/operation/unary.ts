/** Elementwise operations of one tensor: the result has the shape of the input. */
import { isOp } from '../program/node.js'
import { floatType } from './check.js'
import { apply, type Builders, noDerivative, type Operation } from './operation.js'

export const negOperation: Operation<'neg'> = {
  infer: ([{ shape, dtype }]) => ({ shape, dtype }),
  derivative: ({ neg }, g) => [neg(g)],
}

/** Negative of each element: -x. @shape [..., d] -> [..., d] */
export const neg: Builders['neg'] = (x) => (isOp(x, 'neg') ? x.inputs[0]! : apply('neg', negOperation, [x], {}))

export const expOperation: Operation<'exp'> = {
  infer: ([x]) => floatType('exp', x),
  derivative: ({ mul }, g, _, node) => [mul(g, node)],
}

/** Exponential of each element: e^x. @shape [..., d] -> [..., d] */
export const exp: Builders['exp'] = (x) => apply('exp', expOperation, [x], {})

export const logOperation: Operation<'log'> = {
  infer: ([x]) => floatType('log', x),
  derivative: ({ div }, g, [x]) => [div(g, x)],
}

/** Natural logarithm of each element: ln x. @shape [..., d] -> [..., d] */
export const log: Builders['log'] = (x) => apply('log', logOperation, [x], {})

export const sqrtOperation: Operation<'sqrt'> = {
  infer: ([x]) => floatType('sqrt', x),
  derivative: ({ div, mul, scalar }, g, _, node) => [div(mul(g, scalar(0.5)), node)],
}

/** Square root of each element. @shape [..., d] -> [..., d] */
export const sqrt: Builders['sqrt'] = (x) => apply('sqrt', sqrtOperation, [x], {})

export const sigmoidOperation: Operation<'sigmoid'> = {
  infer: ([x]) => floatType('sigmoid', x),
  derivative: ({ mul, scalar, sub }, g, _, node) => [mul(mul(g, node), sub(scalar(1), node))],
}

/** Logistic function: 1 / (1 + e^-x). @shape [..., d] -> [..., d] */
export const sigmoid: Builders['sigmoid'] = (x) => apply('sigmoid', sigmoidOperation, [x], {})

export const castOperation: Operation<'cast'> = {
  infer: ([{ shape }], { dtype }) => ({ shape, dtype }),
  derivative: noDerivative(1),
}

/**
 * Converts the elements to another type. A cast to int32 truncates towards zero. No gradient flows through a cast.
 *
 * @shape [..., d] -> [..., d]
 */
export const cast: Builders['cast'] = (x, dtype) =>
  x.dtype === dtype ? x : apply('cast', castOperation, [x], { dtype })

export const stopGradientOperation: Operation<'stopGradient'> = {
  infer: ([{ shape, dtype }]) => ({ shape, dtype }),
  derivative: noDerivative(1),
}

/** Returns the values of x, which the gradient treats as constants. @shape [..., d] -> [..., d] */
export const stopGradient: Builders['stopGradient'] = (x) => apply('stopGradient', stopGradientOperation, [x], {})
