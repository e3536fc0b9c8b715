import { broadcastType } from './check.js'
import { apply, type Builders, type Operation } from './operation.js'
import { unbroadcast } from './unbroadcast.js'

export const minimumOperation: Operation<'minimum'> = {
  infer: ([a, b]) => broadcastType('minimum', a, b),
  derivative: (build, g, [a, b], { shape }) => {
    const second = build.less(b, a)
    const zero = build.scalar(0)
    return [
      unbroadcast(build, build.select(second, zero, g), shape, a.shape),
      unbroadcast(build, build.select(second, g, zero), shape, b.shape),
    ]
  },
}

/** The smaller of both, broadcasting; where they are equal the gradient is the first one's, as at the bounds of a clamp. */
export const minimum: Builders['minimum'] = (a, b) => apply('minimum', minimumOperation, [a, b], {})
