import * as o from '#lib/compute/operation/index.js'
import type { Node, Shape } from '#lib/compute/program/node.js'
import { type Case, differentiated, noise, plain } from './case.js'

const over = <A>(items: readonly A[], make: (item: A) => Case): Case[] => items.map(make)
const show = (...shapes: readonly Shape[]) => shapes.map((shape) => `[${shape.join(', ')}]`).join(' ')

const shapes: readonly Shape[] = [[], [1], [7], [3, 4], [2, 1, 3]]
const pairs: readonly (readonly [Shape, Shape])[] = [
  [[], []],
  [[3], []],
  [
    [2, 3],
    [2, 3],
  ],
  [[2, 3], [3]],
  [
    [3, 1],
    [1, 4],
  ],
  [[4], [2, 3, 1]],
  [[1, 1], [5]],
]

const unary = (name: string, f: (x: Node) => Node, low?: number, high?: number) =>
  over(shapes, (shape) => differentiated(`${name} ${show(shape)}`, ({ float }) => f(float(shape, low, high))))

const binary = (name: string, f: (a: Node, b: Node) => Node, low?: number, high?: number) =>
  over(pairs, ([a, b]) =>
    differentiated(`${name} ${show(a, b)}`, ({ float }) => f(float(a, low, high), float(b, low, high))),
  )

const elementwise: readonly Case[] = [
  ...unary('neg', o.neg),
  ...unary('exp', o.exp),
  ...unary('log', o.log, 0.1, 3),
  ...unary('sqrt', o.sqrt, 0.1, 3),
  ...unary('sigmoid', o.sigmoid, -6, 6),
  ...unary('stopGradient', (x) => o.mul(x, o.stopGradient(x))),
  ...binary('add', o.add),
  ...binary('sub', o.sub),
  ...binary('mul', o.mul),
  ...binary('div', o.div, 0.5, 3),
  ...binary('maximum', o.maximum),
  ...binary('minimum', o.minimum),
  ...binary('less', o.less),
  ...over(pairs, ([a, b]) =>
    plain(`equal and less of int32 ${show(a, b)}`, ({ int }) => {
      const [x, y] = [int(a, 3), int(b, 3)]
      return { equal: o.equal(x, y), less: o.less(x, y) }
    }),
  ),
  ...over(pairs, ([a, b]) =>
    differentiated(`select ${show(a, b)}`, ({ float }) => {
      const [x, y] = [float(a), float(b)]
      return o.select(o.less(x, o.scalar(0)), x, y)
    }),
  ),
  differentiated('a vector added over five axes', ({ float }) => o.add(float([2, 1, 2, 2, 3]), float([3]))),
  differentiated('select over five axes', ({ float }) =>
    o.select(o.less(o.scalar(0), float([2, 1, 1, 1, 3])), float([]), float([2, 1, 2, 1, 1])),
  ),
  differentiated('select by the widest [2, 3] [1, 3] []', ({ float }) =>
    o.select(o.less(o.scalar(0), float([2, 3])), float([1, 3]), float([])),
  ),
  plain('equal of float32', ({ given }) => ({
    y: o.equal(
      given(Float32Array.of(0, -0, 1, NaN, Infinity), [5]),
      given(Float32Array.of(0, 0, 2, NaN, Infinity), [5]),
    ),
  })),
  plain('arithmetic of int32', ({ int }) => {
    const [a, b] = [int([2, 3], 9), int([3], 9)]
    const [added, subtracted, times] = [o.add(a, b), o.sub(a, b), o.mul(a, b)]
    const negated = o.neg(a)
    return { added, subtracted, times, negated, larger: o.maximum(a, b), smaller: o.minimum(a, b) }
  }),
  plain('cast', ({ given, int }) => ({
    truncated: o.cast(given(Float32Array.of(-1.75, -0.5, 0.5, 2.25), [4]), 'int32'),
    float: o.cast(int([2, 3], 9), 'float32'),
  })),
]

const axesOf: readonly (readonly [Shape, readonly number[]])[] = [
  [[5], [0]],
  [[2, 3], [1]],
  [[2, 3], [0]],
  [
    [2, 3],
    [0, 1],
  ],
  [[2, 3, 4], [-1]],
  [
    [2, 3, 4],
    [0, 2],
  ],
  [[2, 1, 3], [1]],
]

const reductions: readonly Case[] = [
  ...[false, true].flatMap((keep) =>
    axesOf.flatMap(([shape, axes]) => [
      differentiated(`sum ${show(shape)} over ${axes.join()} ${keep ? 'kept' : 'dropped'}`, ({ float }) =>
        o.sum(float(shape), axes, keep),
      ),
      differentiated(`max ${show(shape)} over ${axes.join()} ${keep ? 'kept' : 'dropped'}`, ({ float }) =>
        o.max(float(shape), axes, keep),
      ),
    ]),
  ),
  differentiated('max with ties', ({ given }) => o.max(given(Float32Array.of(1, 3, 3, 2, 2, 2), [2, 3]), [1])),
  plain('max of nothing but -Infinity', ({ float }) => ({
    y: o.max(o.select(o.less(float([4]), o.scalar(5)), o.scalar(-Infinity), o.scalar(0)), [0]),
  })),
  plain('sum and max of int32', ({ int }) => {
    const x = int([2, 3], 9)
    return { sum: o.sum(x, [0]), max: o.max(x, [1], true) }
  }),
  ...over<Shape>([[6], [2, 5], [2, 3, 4], [3, 1]], (shape) =>
    differentiated(`softmax ${show(shape)}`, ({ float }) => o.softmax(float(shape, -4, 4))),
  ),
  plain('softmax of large numbers', ({ given }) => ({
    y: o.softmax(given(Float32Array.of(1000, 1001, -1e9, -1000, -1e9, -999), [2, 3])),
  })),
]

const products: readonly Case[] = [
  ...over<readonly [Shape, Shape]>(
    [
      [
        [2, 3],
        [3, 4],
      ],
      [
        [1, 5],
        [5, 1],
      ],
      [
        [2, 3, 4],
        [4, 5],
      ],
      [
        [2, 3, 2, 4],
        [4, 3],
      ],
      [
        [3, 2, 4],
        [3, 4, 5],
      ],
      [
        [3, 4],
        [2, 4, 5],
      ],
      [
        [2, 1, 3, 4],
        [1, 3, 4, 2],
      ],
      [
        [17, 33],
        [33, 19],
      ],
    ],
    ([a, b]) => differentiated(`matmul ${show(a, b)}`, ({ float }) => o.matmul(float(a), float(b))),
  ),
  plain('sum of blocks with padding', ({ float }) => ({
    sums: o.sum(o.reshape(o.pad(float([3, 37]), [0, 0], [0, 5]), [3, 6, 7]), [2]),
  })),
  // ONNX Runtime computes it as the transpose of weight times x.
  plain('matmul of few rows and a large transposed weight', ({ float }) => ({
    y: o.matmul(float([3, 520]), o.transpose(float([512, 520]), [1, 0])),
  })),
]

const layout: readonly Case[] = [
  ...over<readonly [Shape, Shape]>(
    [
      [
        [2, 6],
        [3, 4],
      ],
      [[], [1, 1]],
      [[1], []],
      [[2, 3, 4], [24]],
    ],
    ([from, to]) => differentiated(`reshape ${show(from, to)}`, ({ float }) => o.reshape(float(from), to)),
  ),
  ...over<readonly [Shape, readonly number[]]>(
    [
      [
        [2, 3],
        [1, 0],
      ],
      [
        [2, 3, 4],
        [2, 0, 1],
      ],
      [
        [2, 3, 4, 5],
        [0, 2, 1, 3],
      ],
    ],
    ([shape, permutation]) =>
      differentiated(`transpose ${show(shape)} by ${permutation.join()}`, ({ float }) =>
        o.transpose(float(shape), permutation),
      ),
  ),
  ...over<readonly [Shape, Shape]>(
    [
      [[], [2, 3]],
      [[3], [2, 3]],
      [
        [2, 1],
        [2, 3],
      ],
      [
        [1, 3],
        [4, 2, 3],
      ],
    ],
    ([from, to]) => differentiated(`broadcast ${show(from, to)}`, ({ float }) => o.broadcast(float(from), to)),
  ),
  differentiated('slice of a vector', ({ float }) => o.slice(float([7]), [2], [3])),
  differentiated('slice of a cube', ({ float }) => o.slice(float([2, 3, 4]), [1, 0, 1], [1, 3, 2])),
  differentiated('concat of two', ({ float }) => o.concat([float([2, 3]), float([4, 3])], 0)),
  differentiated('concat of three, last axis', ({ float }) =>
    o.concat([float([2, 1]), float([2, 3]), float([2, 2])], -1),
  ),
  differentiated('concat with itself', ({ float }) => {
    const x = float([2, 2])
    return o.concat([x, x], 1)
  }),
  differentiated('pad of a vector', ({ float }) => o.pad(float([3]), [2], [1])),
  differentiated('pad of a cube', ({ float }) => o.pad(float([2, 1, 3]), [0, 1, 0], [1, 0, 2])),
  plain('layout of int32', ({ int }) => {
    const x = int([2, 3], 9)
    return {
      reshaped: o.reshape(x, [3, 2]),
      transposed: o.transpose(x, [1, 0]),
      broadcast: o.broadcast(x, [2, 2, 3]),
      sliced: o.slice(x, [0, 1], [2, 2]),
      joined: o.concat([x, x], 0),
      padded: o.pad(x, [1, 0], [0, 1]),
      selected: o.select(o.less(x, o.constant(Int32Array.of(4), [])), x, o.neg(x)),
    }
  }),
]

const rows: readonly Case[] = [
  ...over<readonly [Shape, Shape]>(
    [
      [[5, 3], [4]],
      [[5, 3], []],
      [[6], [2, 3]],
      [
        [4, 2, 3],
        [2, 2],
      ],
      [[1, 2], [3]],
    ],
    ([table, ids]) =>
      differentiated(`gather ${show(table, ids)}`, ({ float, int }) => o.gather(float(table), int(ids, table[0]!))),
  ),
  plain('gather of int32', ({ int }) => ({ y: o.gather(int([5, 2], 9), int([3], 5)) })),
  ...over<readonly [Shape, Shape, number]>(
    [
      [[4], [3], 6],
      [[], [2], 3],
      [[2, 3], [], 4],
      [[2, 2], [2, 3], 4],
    ],
    ([ids, row, count]) =>
      differentiated(`scatterAdd ${show(ids, row)} into ${count}`, ({ float, int }) =>
        o.scatterAdd(int(ids, count), float([...ids, ...row]), count),
      ),
  ),
  ...over([5, 300], (rows) =>
    differentiated(`scatterAdd of many duplicate ids into ${rows}`, ({ float, int }) =>
      o.scatterAdd(int([500], 3), float([500, 8]), rows),
    ),
  ),
  ...over<Shape>([[], [4], [2, 3]], (ids) =>
    plain(`oneHot ${show(ids)}`, ({ int }) => ({ y: o.oneHot(int(ids, 5), 5) })),
  ),
]

const rotation = { frequencies: [1, 0.2, 0.05], limit: 6, back: false }

const fused: readonly Case[] = [
  ...over<Shape>([[4], [3, 5], [2, 3, 2, 4], [2, 1, 3, 1, 7], [37, 33], [2, 300]], (x) =>
    differentiated(`rmsNorm ${show(x)}`, ({ float }) => o.rmsNorm(float(x), float([x.at(-1)!]), 1e-5)),
  ),
  ...over<Shape>([[3], [2, 3], [41, 20]], (x) =>
    differentiated(`inverseRms ${show(x)}`, ({ float }) => o.inverseRms(float(x), 1e-5)),
  ),
  plain('inverseRms beside rmsNorm, asked for first', ({ float }) => {
    const x = float([2, 3])
    return { inverse: o.inverseRms(x, 1e-5), normal: o.rmsNorm(x, float([3]), 1e-5) }
  }),
  ...over<Shape>(
    [
      [2, 3],
      [1, 2, 1, 2, 2],
      [9, 60],
    ],
    (x) => differentiated(`swiglu ${show(x)}`, ({ float }) => o.swiglu(float(x), float(x))),
  ),
  differentiated('rope from the start', ({ float, given }) =>
    o.rope(float([2, 3, 4, 6]), given(Int32Array.of(0, 1, 2, 3), [1, 4]), rotation),
  ),
  differentiated('rope at positions of its own, back', ({ float, int }) =>
    o.rope(float([2, 3, 4, 2]), int([2, 4], 6), { ...rotation, frequencies: [1], back: true }),
  ),
  differentiated('rope of many, at positions of its own', ({ float, int }) =>
    o.rope(float([2, 2, 19, 8]), int([2, 19], 40), { ...rotation, frequencies: [1, 0.3, 0.1, 0.03], limit: 40 }),
  ),
  ...over<readonly [number, number, number, number]>(
    [
      [2, 2, 3, 3],
      [4, 2, 5, 2],
      [1, 1, 1, 9],
      [2, 1, 6, 3],
    ],
    ([H, K, T, block]) =>
      differentiated(`causalAttention of ${H} heads over ${K}, ${T} positions by ${block}`, ({ float }) =>
        o.causalAttention(float([1, H, T, 2]), float([1, K, T, 2]), float([1, K, T, 2]), { block }),
      ),
  ),
  ...over<readonly [number, number, number]>(
    [
      [3, 3, 2],
      [5, 2, 4],
      [9, 4, 8],
    ],
    ([T, block, D]) =>
      differentiated(`causalAttention behind prefixes of their own lengths, ${T} positions by ${block}`, (draw) =>
        o.causalAttention(draw.float([3, 4, T, D]), draw.float([3, 2, 6 + T, D]), draw.float([3, 2, 6 + T, D]), {
          lengths: draw.given(Int32Array.of(1, 6, 3), [3]),
          block,
        }),
      ),
  ),
  ...over<readonly [number, number, number, number]>(
    [
      [1, 1, 1, 4],
      [6, 2, 37, 8],
      [2, 2, 5, 12],
      [2, 1, 9, 128],
    ],
    ([H, K, T, D]) =>
      differentiated(`causalAttention of ${H} heads of ${D} over ${K}, two sequences of ${T}`, ({ float }) =>
        o.causalAttention(float([2, H, T, D]), float([2, K, T, D]), float([2, K, T, D]), { block: 16 }),
      ),
  ),
  plain('causalAttention to what is far and near', ({ float }) => ({
    y: o.causalAttention(float([1, 2, 11, 4], -40, 40), float([1, 1, 11, 4], -40, 40), float([1, 1, 11, 4])),
  })),
  // Rows that eight bits represent exactly: multiples of 1/127 of the largest number.
  ...over<readonly [number, number, number]>(
    [
      [1, 1, 1],
      [3, 5, 2],
      [4, 64, 33],
    ],
    ([n, width, out]) =>
      plain(`quantizedMatmul of ${n} rows by ${width} x ${out}`, ({ float, given }) => {
        const steps = noise(n * width, 1).map((x, i) => (i % width === 0 ? -127 : Math.round(254 * x - 127)))
        const x = Float32Array.from(steps, (step, i) => step * (0.1 + Math.floor(i / width)))
        const weight = Int8Array.from(noise(width * out, 2), (w) => Math.round(128 * w - 64))
        return { y: o.quantizedMatmul(given(x, [n, width]), given(weight, [width, out]), float([out])) }
      }),
  ),
  plain('quantizedMatmul of one x by two weights', ({ float, given }) => {
    const x = given(Float32Array.of(127, -50, 3, 254, 2, 0), [2, 3])
    const weight = (...values: number[]) => given(Int8Array.from(values), [3, values.length / 3])
    return {
      one: o.quantizedMatmul(x, weight(1, -2, 3, 4, -5, 6), float([2])),
      other: o.quantizedMatmul(x, weight(7, 0, 64), float([1])),
    }
  }),
  plain('quantizedMatmul of zeros', ({ float, given }) => ({
    y: o.quantizedMatmul(given(new Float32Array(6), [2, 3]), given(Int8Array.of(1, 2, 3), [3, 1]), float([1])),
  })),
  ...over<readonly [number, number]>(
    [
      [7, 7],
      [7, 3],
      [8, 4],
    ],
    ([V, block]) =>
      differentiated(`tokenStatistics over ${V} rows by ${block}`, ({ float, int }) =>
        o.tokenStatistics(float([4, 3]), float([V, 3]), int([4], V), block),
      ),
  ),
  plain('tokenStatistics of logits far apart', ({ float, int }) => ({
    y: o.tokenStatistics(float([4, 3], -40, 40), float([6, 3], -9, 9), int([4], 6), 4),
  })),
  ...over([2, 8], (D) =>
    differentiated(`writeCache of heads of ${D}`, ({ float, given }) =>
      o.writeCache(float([3, 2, 4, D]), float([3, 2, 1, D]), given(Int32Array.of(0, 3, 1), [3])),
    ),
  ),
  plain('writeCache beside the cache', ({ float, given }) => {
    // Positions before the cache, at both ends, and after it.
    const [cache, positions] = [float([4, 1, 3, 2]), given(Int32Array.of(-1, 0, 2, 3), [4])]
    return { written: o.writeCache(cache, float([4, 1, 1, 2]), positions), cache }
  }),
  plain('writeCache of what was computed, into an input and into no input', ({ float, given }) => {
    const [cache, positions] = [float([2, 1, 3, 2]), given(Int32Array.of(1, 2), [2])]
    const entry = o.exp(float([2, 1, 1, 2]))
    const twice = o.writeCache(o.writeCache(cache, entry, positions), o.neg(entry), given(Int32Array.of(0, 1), [2]))
    return { written: o.writeCache(cache, entry, positions), twice, seen: o.sum(twice, [2]) }
  }),
  ...over<readonly [number, number, number]>(
    [
      [2, 2, 4],
      [4, 2, 8],
      [3, 1, 2],
    ],
    ([H, K, D]) =>
      plain(`cachedAttention of ${H} heads over ${K}`, ({ float, given }) => {
        const token = { q: float([3, H, 1, D]), k: float([3, K, 1, D]), v: float([3, K, 1, D]) }
        const cache = { keys: float([3, K, 5, D]), values: float([3, K, 5, D]) }
        // An empty cache, a full cache, and a part of it.
        return { y: o.cachedAttention(token, cache, given(Int32Array.of(0, 5, 2), [3])) }
      }),
  ),
  ...over<readonly [number, number, number, number]>(
    [
      [6, 2, 8, 150],
      [2, 1, 128, 70],
    ],
    ([H, K, D, L]) =>
      plain(`cachedAttention of ${H} heads of ${D} over ${K}, a cache of ${L}`, ({ float, given }) => {
        const token = { q: float([4, H, 1, D]), k: float([4, K, 1, D]), v: float([4, K, 1, D]) }
        const cache = { keys: float([4, K, L, D]), values: float([4, K, L, D]) }
        return { y: o.cachedAttention(token, cache, given(Int32Array.of(0, L, 33, L - 1), [4])) }
      }),
  ),
  plain('cachedAttention beside the cache', ({ float, given }) => {
    const token = { q: float([2, 1, 1, 4]), k: float([2, 1, 1, 4]), v: float([2, 1, 1, 4]) }
    const cache = { keys: float([2, 1, 3, 4]), values: float([2, 1, 3, 4]) }
    return { y: o.cachedAttention(token, cache, given(Int32Array.of(-1, 4), [2])) }
  }),
]

const outputs: readonly Case[] = [
  plain('an input is an output', ({ float }) => {
    const x = float([2, 3])
    return { x, y: o.exp(x) }
  }),
  plain('int8 is an output, and cast', ({ given }) => {
    const x = given(Int8Array.of(-128, -1, 0, 127), [2, 2])
    return { x, float: o.cast(x, 'float32'), int: o.cast(x, 'int32') }
  }),
  plain('constants are outputs', () => ({
    float: o.constant(Float32Array.of(1.5, -2, 1e-20), [3]),
    int: o.constant(Int32Array.of(3, -2, 2 ** 31 - 1), [3, 1]),
    byte: o.constant(Int8Array.of(3, -128, 127), [3]),
    scalar: o.scalar(0.1),
  })),
  plain('one value under three names', ({ float }) => {
    const y = o.exp(float([3]))
    return { y, again: y, more: o.neg(y), oncemore: y }
  }),
]

/** Cases of every primitive in several shapes. */
export const primitiveCases: readonly Case[] = [
  ...elementwise,
  ...reductions,
  ...products,
  ...layout,
  ...rows,
  ...fused,
  ...outputs,
]
