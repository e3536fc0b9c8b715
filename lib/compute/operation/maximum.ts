import { broadcastType } from './check.js'
import { apply, type Builders, type Operation } from './operation.js'
import { unbroadcast } from './unbroadcast.js'

export const maximumOperation: Operation<'maximum'> = {
  infer: ([a, b]) => broadcastType('maximum', a, b),
  derivative: (build, g, [a, b], { shape }) => {
    const second = build.less(a, b)
    const zero = build.scalar(0)
    return [
      unbroadcast(build, build.select(second, zero, g), shape, a.shape),
      unbroadcast(build, build.select(second, g, zero), shape, b.shape),
    ]
  },
}

/** The larger of both, broadcasting; where they are equal the gradient is the first one's, as at the bounds of a clamp. */
export const maximum: Builders['maximum'] = (a, b) => apply('maximum', maximumOperation, [a, b], {})
