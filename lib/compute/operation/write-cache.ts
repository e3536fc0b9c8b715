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
  compose: (build, [cache, entry, positions]) => build.select(positionMask(build, cache, positions), entry, cache),
  derivative: (build, gradient, [cache, entry, positions]) => {
    const g = build.broadcast(gradient, cache.shape)
    const [isWritten, zero] = [positionMask(build, cache, positions), build.scalar(0)]
    const entryGradient = build.sum(build.select(isWritten, g, zero), [2], true)
    return [build.select(isWritten, zero, g), build.broadcast(entryGradient, entry.shape), null]
  },
}

/** Mask of the position of each row: 1 there and 0 elsewhere. @shape [B, 1, L, 1] */
const positionMask = ({ equal, reshape }: Builders, cache: Node, positions: Node): Node => {
  const [B, , L] = cache.shape as [number, number, number, number]
  return equal(reshape(positions, [B, 1, 1, 1]), iota([1, 1, L, 1]))
}

/**
 * Writes the entry of each row into its cache, at the position of the row. A position outside the cache writes nothing.
 *
 * @shape  cache [B, K, L, D], entry [B, K, 1, D], positions [B] (int32) -> [B, K, L, D]
 * @errors ShapeError
 */
export const writeCache: Builders['writeCache'] = (cache, entry, positions) =>
  apply('writeCache', writeCacheOperation, [cache, entry, positions], {})
