import { broadcastType, checkFloat } from './check.js'
import { apply, type Builders, type Operation } from './operation.js'
import { foldScalars, isNeutral } from './scalar-value.js'
import { unbroadcast } from './unbroadcast.js'

export const divOperation: Operation<'div'> = {
  infer: ([a, b]) => {
    checkFloat('div', a, b)
    return broadcastType('div', a, b)
  },
  derivative: (build, g, [a, b], quotient) => {
    const { shape } = quotient
    const share = build.div(g, b)
    return [
      unbroadcast(build, share, shape, a.shape),
      build.neg(unbroadcast(build, build.mul(share, quotient), shape, b.shape)),
    ]
  },
}

/** a / b, broadcasting. */
export const div: Builders['div'] = (a, b) =>
  foldScalars(a, b, (x, y) => x / y) ?? (isNeutral(b, 1, a) ? a : apply('div', divOperation, [a, b], {}))
