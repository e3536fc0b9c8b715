import { broadcastType } from './check.js'
import { apply, type Builders, type Operation } from './operation.js'
import { foldScalars, isNeutral } from './scalar-value.js'
import { unbroadcast } from './unbroadcast.js'

export const subOperation: Operation<'sub'> = {
  infer: ([a, b]) => broadcastType('sub', a, b),
  derivative: (build, g, [a, b], { shape }) => [
    unbroadcast(build, g, shape, a.shape),
    build.neg(unbroadcast(build, g, shape, b.shape)),
  ],
}

/** a - b, broadcasting. */
export const sub: Builders['sub'] = (a, b) =>
  foldScalars(a, b, (x, y) => x - y) ?? (isNeutral(b, 0, a) ? a : apply('sub', subOperation, [a, b], {}))
