import { apply, type Builders, noDerivative, type Operation } from './operation.js'

export const castOperation: Operation<'cast'> = {
  infer: ([{ shape }], { dtype }) => ({ shape, dtype }),
  derivative: noDerivative(1),
}

/** Another element type; to int32 truncates towards zero. Integers carry no gradient. */
export const cast: Builders['cast'] = (x, dtype) =>
  x.dtype === dtype ? x : apply('cast', castOperation, [x], { dtype })
