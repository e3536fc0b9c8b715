import { floatType } from './check.js'
import { apply, type Builders, type Operation } from './operation.js'

export const sigmoidOperation: Operation<'sigmoid'> = {
  infer: ([x]) => floatType('sigmoid', x),
  derivative: ({ mul, scalar, sub }, g, _, node) => [mul(mul(g, node), sub(scalar(1), node))],
}

/** 1 / (1 + e^-x). */
export const sigmoid: Builders['sigmoid'] = (x) => apply('sigmoid', sigmoidOperation, [x], {})
