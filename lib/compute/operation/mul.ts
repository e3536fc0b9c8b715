import { broadcastType } from './check.js'
import { apply, type Builders, type Operation } from './operation.js'
import { foldScalars, isNeutral } from './scalar-value.js'
import { unbroadcast } from './unbroadcast.js'

export const mulOperation: Operation<'mul'> = {
  infer: ([a, b]) => broadcastType('mul', a, b),
  derivative: (build, g, [a, b], { shape }) =>
    a === b
      ? [build.mul(build.mul(g, build.scalar(2)), a), null]
      : [unbroadcast(build, build.mul(g, b), shape, a.shape), unbroadcast(build, build.mul(g, a), shape, b.shape)],
}

/** a b, broadcasting. */
export const mul: Builders['mul'] = (a, b) => {
  const folded = foldScalars(a, b, (x, y) => x * y)
  if (folded !== null) return folded
  if (isNeutral(b, 1, a)) return a
  return isNeutral(a, 1, b) ? b : apply('mul', mulOperation, [a, b], {})
}
