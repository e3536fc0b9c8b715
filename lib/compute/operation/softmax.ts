import { ShapeError } from '../program/shape-error.js'
import { floatType } from './check.js'
import { apply, type Builders, type Operation } from './operation.js'

export const softmaxOperation: Operation<'softmax'> = {
  infer: ([x]) => {
    if (x.shape.length === 0) throw new ShapeError('softmax', [x], 'at least one axis')
    return floatType('softmax', x)
  },
  derivative: ({ mul, sub, sum }, g, _, p) => [mul(p, sub(g, sum(mul(g, p), [-1], true)))],
}

/** Softmax over the last axis: e^x / sum e^x. @shape [..., d] -> [..., d] */
export const softmax: Builders['softmax'] = (x) => apply('softmax', softmaxOperation, [x], {})
