import { floatType } from './check.js'
import { apply, type Builders, type Operation } from './operation.js'

export const logOperation: Operation<'log'> = {
  infer: ([x]) => floatType('log', x),
  derivative: ({ div }, g, [x]) => [div(g, x)],
}

/** Natural logarithm. */
export const log: Builders['log'] = (x) => apply('log', logOperation, [x], {})
