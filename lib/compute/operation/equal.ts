import { broadcastType } from './check.js'
import { apply, type Builders, noDerivative, type Operation } from './operation.js'

export const equalOperation: Operation<'equal'> = {
  infer: ([a, b]) => ({ ...broadcastType('equal', a, b), dtype: 'float32' }),
  derivative: noDerivative(2),
}

/** 1 where a = b, otherwise 0; broadcasting. */
export const equal: Builders['equal'] = (a, b) => apply('equal', equalOperation, [a, b], {})
