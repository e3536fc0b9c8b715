import { apply, type Builders, noDerivative, type Operation } from './operation.js'

export const stopGradientOperation: Operation<'stopGradient'> = {
  infer: ([{ shape, dtype }]) => ({ shape, dtype }),
  derivative: noDerivative(1),
}

/** x, as a constant to the gradient. */
export const stopGradient: Builders['stopGradient'] = (x) => apply('stopGradient', stopGradientOperation, [x], {})
