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
  // silu'(x) = s + x s (1 - s). These are the widest tensors of a model, and the formula needs fewer passes over them than
  // the chain rule of the single operations.
  derivative: ({ add, broadcast, mul, scalar, sigmoid, sub }, gradient, [gate, up], { shape }) => {
    const g = broadcast(gradient, shape)
    const s = sigmoid(gate)
    const silu = mul(gate, s)
    return [mul(mul(g, up), add(s, mul(silu, sub(scalar(1), s)))), mul(g, silu)]
  },
}

/**
 * Gated linear unit: silu(gate) * up with silu(x) = x / (1 + e^-x).
 *
 * @shape  [2, 8], [2, 8] -> [2, 8]
 * @source arXiv:2002.05202
 */
export const swiglu: Builders['swiglu'] = (gate, up) => apply('swiglu', swigluOperation, [gate, up], {})
