import { isOp } from '../program/node.js'
import { apply, type Builders, type Operation } from './operation.js'

export const negOperation: Operation<'neg'> = {
  infer: ([{ shape, dtype }]) => ({ shape, dtype }),
  derivative: ({ neg }, g) => [neg(g)],
}

/** -x. */
export const neg: Builders['neg'] = (x) => (isOp(x, 'neg') ? x.inputs[0]! : apply('neg', negOperation, [x], {}))
