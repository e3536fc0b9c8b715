import { broadcastType } from './check.js'
import { apply, type Builders, noDerivative, type Operation } from './operation.js'

export const lessOperation: Operation<'less'> = {
  infer: ([a, b]) => ({ ...broadcastType('less', a, b), dtype: 'float32' }),
  derivative: noDerivative(2),
}

/** 1 where a < b, otherwise 0; broadcasting. */
export const less: Builders['less'] = (a, b) => apply('less', lessOperation, [a, b], {})
