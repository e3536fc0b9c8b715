import { floatType } from './check.js'
import { apply, type Builders, type Operation } from './operation.js'

export const expOperation: Operation<'exp'> = {
  infer: ([x]) => floatType('exp', x),
  derivative: ({ mul }, g, _, node) => [mul(g, node)],
}

/** e^x. */
export const exp: Builders['exp'] = (x) => apply('exp', expOperation, [x], {})
