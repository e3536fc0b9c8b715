import { fc, test } from '@fast-check/vitest'
import { describe, expect, it } from 'vitest'
import { causalAttention, constant, input } from '#lib/compute/operation/index.js'
import { floats } from '../../model/golden.js'
import { numbers } from '../../model/layer/build.js'
import { noise } from '../reference/case.js'
import { expectClose } from '../reference/close.js'

interface Sizes {
  readonly B: number
  readonly H: number
  readonly K: number
  readonly T: number
  readonly D: number
  readonly block: number
  /** Length of the prefix of each row, out of P positions. */
  readonly P: number
  readonly lengths: readonly number[]
}

const drawn = ({ B, H, K, T, D, P }: Sizes, seed: number) => {
  const tensor = (heads: number, length: number, part: number) =>
    floats(
      [B, heads, length, D],
      noise(B * heads * length * D, 3 * seed + part).map((x) => 4 * x - 2),
    )
  return { q: tensor(H, T, 0), k: tensor(K, P + T, 1), v: tensor(K, P + T, 2) }
}

const indices = (n: number) => Array.from({ length: n }, (_, i) => i)

/** Attention by its definition, one query at a time. */
const spelledOut = ({ B, H, K, T, D, P, lengths }: Sizes, { q, k, v }: ReturnType<typeof drawn>): number[] => {
  const at = (x: typeof q, heads: number, b: number, h: number, t: number) => {
    const start = ((b * heads + h) * x.shape[2]! + t) * D
    return [...x.data.slice(start, start + D)]
  }
  const of = (b: number, h: number, t: number): number[] => {
    const shared = Math.floor(h / (H / K))
    const prefix = indices(lengths[b] ?? 0)
    const seen = [...prefix, ...indices(t + 1).map((position) => P + position)]
    const query = at(q, H, b, h, t)
    const weights = seen.map((position) =>
      Math.exp(at(k, K, b, shared, position).reduce((sum, x, i) => sum + x * query[i]!, 0) / Math.sqrt(D)),
    )
    const total = weights.reduce((a, b) => a + b, 0)
    return Array.from({ length: D }, (_, i) =>
      seen.reduce((sum, position, n) => sum + (weights[n]! / total) * at(v, K, b, shared, position)[i]!, 0),
    )
  }
  return indices(B).flatMap((b) => indices(H).flatMap((h) => indices(T).flatMap((t) => of(b, h, t))))
}

const anySizes: fc.Arbitrary<Sizes> = fc
  .record({
    B: fc.integer({ min: 1, max: 2 }),
    K: fc.integer({ min: 1, max: 3 }),
    group: fc.integer({ min: 1, max: 3 }),
    T: fc.integer({ min: 1, max: 4 }),
    D: fc.integer({ min: 1, max: 4 }),
    block: fc.integer({ min: 1, max: 5 }),
    P: fc.integer({ min: 0, max: 3 }),
    lengths: fc.tuple(fc.nat(3), fc.nat(3)),
  })
  .map(({ group, lengths, ...sizes }) => ({
    ...sizes,
    H: group * sizes.K,
    lengths: lengths.slice(0, sizes.B).map((length) => Math.min(length, sizes.P)),
  }))

describe('causalAttention', () => {
  test.prop([anySizes, fc.nat(99)], { numRuns: 40 })(
    'agrees with its definition: heads of a group share a key head, later positions and the rest of the prefix are masked, with any block size',
    (sizes, seed) => {
      const { B, H, K, T, D, P, block } = sizes
      const y = causalAttention(
        input('q', [B, H, T, D]),
        input('k', [B, K, P + T, D]),
        input('v', [B, K, P + T, D]),
        P === 0 ? { block } : { block, lengths: constant(Int32Array.from(sizes.lengths), [B]) },
      )
      expect(y.shape).toEqual([B, H, T, D])
      const given = drawn(sizes, seed)
      // 1 / sqrt(D) is rounded to float32.
      expectClose(numbers(y, given), spelledOut(sizes, given), 1e-6)
    },
  )

  it('averages the values if all keys are equal', () => {
    const [shape, query] = [[1, 1, 3, 1], input('q', [1, 1, 3, 1])]
    const y = causalAttention(query, input('k', shape), input('v', shape))
    const feed = { q: floats(shape, [5, -2, 1]), k: floats(shape, [1, 1, 1]), v: floats(shape, [3, 6, 30]) }
    expectClose(numbers(y, feed), [3, 4.5, 13], 1e-15)
  })
})
