import type { Node } from '../program/node.js'
import { ShapeError } from '../program/shape-error.js'
import { sameShape } from '../program/shape.js'
import { checkFloat } from './check.js'
import { iota } from './leaf.js'
import { apply, type Builders, type FusedOperation } from './operation.js'

export const writeCacheOperation: FusedOperation<'writeCache'> = {
  infer: ([cache, entry, positions]) => {
    checkFloat('writeCache', cache, entry)
    const fits =
      cache.shape.length === 4 &&
      sameShape(entry.shape, cache.shape.with(2, 1)) &&
      positions.dtype === 'int32' &&
      sameShape(positions.shape, [cache.shape[0]!])
    if (!fits)
      throw new ShapeError(
        'writeCache',
        [cache, entry, positions],
        'cache [B, K, L, D], entry [B, K, 1, D] and positions [B] in int32',
      )
    return { shape: cache.shape, dtype: 'float32' }
  },
  compose: (build, [cache, entry, positions]) => build.select(here(build, cache, positions), entry, cache),
  derivative: (build, gradient, [cache, entry, positions]) => {
    const g = build.broadcast(gradient, cache.shape)
    const [written, zero] = [here(build, cache, positions), build.scalar(0)]
    const ofEntry = build.sum(build.select(written, g, zero), [2], true)
    return [build.select(written, zero, g), build.broadcast(ofEntry, entry.shape), null]
  },
}

/** 1 at every row's position. @shape [B, 1, L, 1] */
const here = ({ equal, reshape }: Builders, cache: Node, positions: Node): Node => {
  const [B, , L] = cache.shape as [number, number, number, number]
  return equal(reshape(positions, [B, 1, 1, 1]), iota([1, 1, L, 1]))
}

/**
 * Puts each row's entry into its cache, at a position of its own.
 *
 * @shape cache [B, K, L, D], entry [B, K, 1, D], positions [B] (int32) -> [B, K, L, D]
 */
export const writeCache: Builders['writeCache'] = (cache, entry, positions) =>
  apply('writeCache', writeCacheOperation, [cache, entry, positions], {})
