import { ShapeError } from '../program/shape-error.js'
import { sameShape } from '../program/shape.js'
import { checkFloat } from './check.js'
import { apply, type Builders, type FusedOperation } from './operation.js'

export const swigluOperation: FusedOperation<'swiglu'> = {
  infer: ([gate, up]) => {
    checkFloat('swiglu', gate, up)
    if (!sameShape(gate.shape, up.shape)) throw new ShapeError('swiglu', [gate, up], 'two tensors of one shape')
    return { shape: gate.shape, dtype: 'float32' }
  },
  compose: ({ mul, sigmoid }, [gate, up]) => mul(mul(gate, sigmoid(gate)), up),
  // silu'(x) = s + x s (1 - s), in fewer passes over the widest tensors of a model than the chain rule step by step.
  derivative: ({ add, broadcast, mul, scalar, sigmoid, sub }, gradient, [gate, up], { shape }) => {
    const g = broadcast(gradient, shape)
    const s = sigmoid(gate)
    const silu = mul(gate, s)
    return [mul(mul(g, up), add(s, mul(silu, sub(scalar(1), s)))), mul(g, silu)]
  },
}

/** silu(gate) up, with silu(x) = x / (1 + e^-x). @source arXiv:2002.05202 */
export const swiglu: Builders['swiglu'] = (gate, up) => apply('swiglu', swigluOperation, [gate, up], {})
