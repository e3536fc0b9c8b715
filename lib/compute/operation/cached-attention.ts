import { PipelineError } from '../../pipeline-error.js'
import { ShapeError } from '../program/shape-error.js'
import { sameShape } from '../program/shape.js'
import { checkFloat } from './check.js'
import { HIDDEN } from './hidden.js'
import { iota } from './leaf.js'
import { apply, type Builders, type FusedOperation } from './operation.js'

export const cachedAttentionOperation: FusedOperation<'cachedAttention'> = {
  infer: ([q, k, v, keys, values, positions]) => {
    checkFloat('cachedAttention', q, k, v, keys, values)
    const [B, H, T, D] = q.shape
    const [rows, K, , width] = keys.shape
    const own = keys.shape.with(2, 1)
    const fits =
      q.shape.length === 4 &&
      keys.shape.length === 4 &&
      sameShape(keys.shape, values.shape) &&
      sameShape(k.shape, own) &&
      sameShape(v.shape, own) &&
      sameShape(positions.shape, [B!]) &&
      positions.dtype === 'int32' &&
      T === 1 &&
      rows === B &&
      width === D &&
      H! % K! === 0
    if (!fits)
      throw new ShapeError(
        'cachedAttention',
        [q, k, v, keys, values, positions],
        'q [B, H, 1, D], k and v [B, K, 1, D], keys and values [B, K, L, D], K a divisor of H, and positions [B] in int32',
      )
    return { shape: q.shape, dtype: 'float32' }
  },
  // The token is not written into the cache first, because that would copy the whole cache.
  compose: (build, [q, k, v, keys, values, positions]) => {
    const { add, concat, less, matmul, mul, reshape, scalar, select, slice, softmax, sum, transpose } = build
    const [B, H, , D] = q.shape as [number, number, number, number]
    const [, K, L] = keys.shape as [number, number, number, number]
    const bias = select(less(iota([1, 1, 1, L]), reshape(positions, [B, 1, 1, 1])), scalar(0), scalar(HIDDEN))
    // Query heads of a group lie next to each other, so one product per key head serves the whole group.
    const grouped = reshape(mul(q, scalar(1 / Math.sqrt(D))), [B, K, H / K, D])
    const before = add(matmul(grouped, transpose(keys, [0, 1, 3, 2])), bias)
    const own = sum(mul(grouped, k), [3], true)
    const weights = softmax(concat([before, own], 3))
    const part = (start: number, size: number) => slice(weights, [0, 0, 0, start], [B, K, H / K, size])
    return reshape(add(matmul(part(0, L), values), mul(part(L, 1), v)), q.shape)
  },
  derivative: () => {
    throw new PipelineError('BrokenInvariant', 'cachedAttention has no derivative: it is for generation')
  },
}

/**
 * Grouped-query attention of one token per row to the entries of a cache before its position and to itself. It serves
 * generation and has no derivative.
 *
 * @shape  q [B, H, 1, D], k and v [B, K, 1, D], keys and values [B, K, L, D], positions [B] (int32) -> [B, H, 1, D]
 * @errors ShapeError; `gradient` throws PipelineError BrokenInvariant
 * @source grouped-query attention: arXiv:2305.13245
 */
export const cachedAttention: Builders['cachedAttention'] = ({ q, k, v }, { keys, values }, positions) =>
  apply('cachedAttention', cachedAttentionOperation, [q, k, v, keys, values, positions], {})
