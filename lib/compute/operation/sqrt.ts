import { floatType } from './check.js'
import { apply, type Builders, type Operation } from './operation.js'

export const sqrtOperation: Operation<'sqrt'> = {
  infer: ([x]) => floatType('sqrt', x),
  derivative: ({ div, mul, scalar }, g, _, node) => [div(mul(g, scalar(0.5)), node)],
}

/** Square root. */
export const sqrt: Builders['sqrt'] = (x) => apply('sqrt', sqrtOperation, [x], {})
