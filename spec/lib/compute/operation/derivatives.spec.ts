import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { gradient } from '#lib/compute/gradient.js'
import * as o from '#lib/compute/operation/index.js'
import type { Computed } from '#lib/compute/operation/operation.js'
import { operations } from '#lib/compute/operation/operations.js'
import type { Node, Shape } from '#lib/compute/program/node.js'
import { program } from '#lib/compute/program/program.js'
import { noise, weighted } from '../reference/case.js'
import { expectClose } from '../reference/close.js'
import { interpret } from '../reference/interpret.js'
import { type ReferenceTensor, sizeOf } from '../reference/tensor.js'

/** Function of float inputs with these shapes and random values in [low, high]. */
interface Sample {
  readonly shapes: readonly Shape[]
  readonly f: (...x: readonly Node[]) => Node
  readonly low?: number
  readonly high?: number
}

const shape = (minLength = 0, maxLength = 3) => fc.array(fc.integer({ min: 1, max: 4 }), { minLength, maxLength })
const seed = fc.integer({ min: 0, max: 1e6 })
const summed = fc.array(fc.boolean(), { minLength: 6, maxLength: 6 })

/** Shape that broadcasts to the given one. */
const operandOf = (whole: Shape) =>
  fc
    .tuple(fc.integer({ min: 0, max: whole.length }), fc.array(fc.boolean(), { minLength: 3, maxLength: 3 }))
    .map(([dropped, ones]) => whole.slice(dropped).map((size, i) => (ones[i] === true ? 1 : size)))

const unary = (f: (x: Node) => Node, range: { low?: number; high?: number } = {}) =>
  shape().map((x): Sample => ({ shapes: [x], f, ...range }))

const binary = (f: (a: Node, b: Node) => Node, range: { low?: number; high?: number } = {}) =>
  shape()
    .chain((whole) => fc.tuple(operandOf(whole), operandOf(whole)))
    .map((shapes): Sample => ({ shapes, f: f, ...range }))

const reduction = (f: typeof o.sum) =>
  shape()
    .chain((x) => fc.record({ x: fc.constant(x), axes: fc.subarray(x.map((_, i) => i)), keep: fc.boolean() }))
    .map(({ x, axes, keep }): Sample => ({ shapes: [x], f: (y) => f(y, axes, keep) }))

const product = fc
  .record({
    leading: fc
      .array(fc.integer({ min: 1, max: 3 }), { maxLength: 2 })
      .chain((whole) => fc.tuple(operandOf(whole), operandOf(whole))),
    sizes: fc.tuple(fc.integer({ min: 1, max: 3 }), fc.integer({ min: 1, max: 4 }), fc.integer({ min: 1, max: 3 })),
  })
  .map(({ leading: [a, b], sizes: [m, k, n] }): Sample => ({
    shapes: [
      [...a, m, k],
      [...b, k, n],
    ],
    f: (x, y) => o.matmul(x, y),
  }))

const idsOf = (ids: Shape, below: number, draw: number) =>
  o.constant(
    Int32Array.from(noise(sizeOf(ids), draw), (x) => Math.floor(x * below)),
    ids,
  )

const attended = (x: Node): Node =>
  o.cachedAttention({ q: x, k: x, v: x }, { keys: x, values: x }, o.constant(Int32Array.of(0, 0), [2]))

const multiplied = (x: Node): Node =>
  o.quantizedMatmul(x, o.constant(Int8Array.of(3, 0, -1, 7, 2, 2), [3, 2]), o.constant(Float32Array.of(1, 2), [2]))

const perAxis = (x: Shape, max: number) => fc.tuple(...x.map(() => fc.integer({ min: 0, max })))

/** Random uses of every primitive. A missing row does not compile. */
const samples: { readonly [K in Computed]: fc.Arbitrary<Sample> } = {
  neg: unary(o.neg),
  exp: unary(o.exp),
  log: unary(o.log, { low: 0.3, high: 3 }),
  sqrt: unary(o.sqrt, { low: 0.3, high: 3 }),
  sigmoid: unary(o.sigmoid),
  add: binary(o.add),
  sub: binary(o.sub),
  mul: fc.oneof(
    binary(o.mul),
    unary((x) => o.mul(x, x)),
  ),
  div: binary(o.div, { low: 0.5, high: 3 }),
  maximum: binary(o.maximum),
  minimum: binary(o.minimum),
  less: binary(o.less),
  equal: binary(o.equal),
  select: shape()
    .chain((whole) => fc.tuple(operandOf(whole), operandOf(whole), operandOf(whole)))
    .map((shapes): Sample => ({ shapes, f: (c, a, b) => o.select(o.less(c, o.scalar(0)), a, b) })),
  sum: reduction(o.sum),
  max: reduction(o.max),
  softmax: shape(1).map((x): Sample => ({ shapes: [x], f: (y) => o.softmax(y) })),
  matmul: product,
  reshape: shape().chain((x) =>
    fc.shuffledSubarray([...x, 1, 1], { minLength: x.length + 2 }).map((to): Sample => ({
      shapes: [x],
      f: (y) => o.reshape(y, to),
    })),
  ),
  transpose: shape().chain((x) =>
    fc
      .shuffledSubarray(
        x.map((_, i) => i),
        { minLength: x.length },
      )
      .map((permutation): Sample => ({
        shapes: [x],
        f: (y) => o.transpose(y, permutation),
      })),
  ),
  broadcast: shape().chain((whole) =>
    operandOf(whole).map((x): Sample => ({ shapes: [x], f: (y) => o.broadcast(y, whole) })),
  ),
  slice: shape().chain((x) =>
    fc.tuple(perAxis(x, 2), perAxis(x, 2)).map(([starts, rest]): Sample => ({
      shapes: [x.map((size, i) => starts[i]! + size + rest[i]!)],
      f: (y) => o.slice(y, starts, x),
    })),
  ),
  concat: fc
    .record({
      x: shape(1),
      axis: fc.nat(),
      lengths: fc.array(fc.integer({ min: 1, max: 3 }), { minLength: 1, maxLength: 3 }),
    })
    .map(({ x, axis, lengths }): Sample => ({
      shapes: lengths.map((length) => x.with(axis % x.length, length)),
      f: (...parts) => o.concat([...parts, parts[0]!], axis % x.length),
    })),
  pad: shape().chain((x) =>
    fc.tuple(perAxis(x, 2), perAxis(x, 2)).map(([before, after]): Sample => ({
      shapes: [x],
      f: (y) => o.pad(y, before, after),
    })),
  ),
  gather: fc.tuple(shape(1), shape(0, 2), seed).map(([table, ids, draw]): Sample => ({
    shapes: [table],
    f: (x) => o.gather(x, idsOf(ids, table[0]!, draw)),
  })),
  scatterAdd: fc
    .tuple(shape(0, 2), shape(0, 2), fc.integer({ min: 1, max: 4 }), seed)
    .map(([ids, row, rows, draw]): Sample => ({
      shapes: [[...ids, ...row]],
      f: (x) => o.scatterAdd(idsOf(ids, rows, draw), x, rows),
    })),
  oneHot: unary((x) =>
    o.mul(
      o.sum(
        x,
        x.shape.map((_, i) => i),
      ),
      o.oneHot(o.cast(x, 'int32'), 3),
    ),
  ),
  rmsNorm: shape(1).map((x): Sample => ({
    shapes: [x, [x.at(-1)!]],
    f: (y, weight) => o.rmsNorm(y, weight, 0.1),
  })),
  inverseRms: shape(1).map((x): Sample => ({ shapes: [x], f: (y) => o.inverseRms(y, 0.1) })),
  swiglu: shape().map((x): Sample => ({ shapes: [x, x], f: (gate, up) => o.swiglu(gate, up) })),
  rope: fc
    .tuple(fc.integer({ min: 1, max: 2 }), fc.integer({ min: 1, max: 3 }), fc.boolean(), fc.boolean(), seed)
    .map(([B, T, shared, back, draw]): Sample => ({
      shapes: [[B, 2, T, 4]],
      f: (x) => o.rope(x, idsOf([shared ? 1 : B, T], 5, draw), { frequencies: [1, 0.15], limit: 5, back }),
    })),
  causalAttention: fc
    .record({
      B: fc.integer({ min: 1, max: 2 }),
      K: fc.integer({ min: 1, max: 2 }),
      group: fc.integer({ min: 1, max: 2 }),
      T: fc.integer({ min: 1, max: 3 }),
      block: fc.integer({ min: 1, max: 3 }),
      prefix: fc.integer({ min: 0, max: 2 }),
      draw: seed,
    })
    .map(({ B, K, group, T, block, prefix, draw }): Sample => ({
      shapes: [
        [B, group * K, T, 2],
        [B, K, prefix + T, 2],
        [B, K, prefix + T, 2],
      ],
      f: (q, k, v) =>
        o.causalAttention(q, k, v, { block, ...(prefix > 0 && { lengths: idsOf([B], prefix + 1, draw) }) }),
    })),
  writeCache: fc
    .tuple(fc.integer({ min: 1, max: 3 }), fc.integer({ min: 1, max: 3 }), seed)
    .map(([B, L, draw]): Sample => ({
      shapes: [
        [B, 2, L, 2],
        [B, 2, 1, 2],
      ],
      f: (cache, entry) => o.writeCache(cache, entry, idsOf([B], L, draw)),
    })),
  // It has no derivative, and neither has quantizedMatmul, so the sample stops the gradient before them.
  cachedAttention: fc.constant({
    shapes: [[2, 1, 1, 4]],
    f: (x) => o.mul(x, o.less(o.stopGradient(attended(x)), o.scalar(-9))),
  }),
  quantizedMatmul: fc.constant({
    shapes: [[2, 3]],
    f: (x) => o.mul(o.slice(x, [0, 1], [2, 2]), o.less(o.stopGradient(multiplied(x)), o.scalar(1))),
  }),
  tokenStatistics: fc
    .record({
      n: fc.integer({ min: 1, max: 3 }),
      width: fc.integer({ min: 1, max: 3 }),
      V: fc.integer({ min: 1, max: 5 }),
      block: fc.integer({ min: 1, max: 6 }),
      columns: fc.subarray([0, 1, 2, 3], { minLength: 1 }),
      draw: seed,
    })
    .map(({ n, width, V, block, columns, draw }): Sample => ({
      shapes: [
        [n, width],
        [V, width],
      ],
      f: (hidden, weight) => {
        const all = o.tokenStatistics(hidden, weight, idsOf([n], V, draw), block)
        return o.concat(
          columns.map((column) => o.slice(all, [0, column], [n, 1])),
          1,
        )
      },
    })),
  cast: unary((x) => o.mul(x, o.cast(o.cast(x, 'int32'), 'float32'))),
  // Its derivative is not the derivative of its value, so another test covers it.
  stopGradient: unary((x) => o.stopGradient(o.less(x, o.scalar(0)))),
}

/** Distinct numbers over the whole range except 0, far from every tie, step and corner. */
const drawFeed = ({ shapes, low = -2, high = 2.1 }: Sample, draw: number): Record<string, ReferenceTensor> => {
  const total = shapes.reduce((n, x) => n + sizeOf(x), 0)
  const order = noise(total, draw)
    .map((x, i) => [x, i] as const)
    .sort(([a], [b]) => a - b)
  const numbers = new Float64Array(total)
  order.forEach(([, i], rank) => (numbers[i] = low + ((rank + 0.5) / total) * (high - low)))
  let start = 0
  return Object.fromEntries(
    shapes.map((x, i) => [`x${i}`, { shape: x, data: numbers.slice(start, (start += sizeOf(x))) }]),
  )
}

/** Central differences of a scalar program by every element of every input. */
const differences = (loss: Node, feed: Record<string, ReferenceTensor>): number[] => {
  const h = 1e-5
  const scalar = program('loss', { loss })
  return Object.entries(feed).flatMap(([name, { shape, data }]) =>
    Array.from(data, (x, i) => {
      const near = (value: number) =>
        interpret(scalar, { ...feed, [name]: { shape, data: Float64Array.from(data).fill(value, i, i + 1) } })['loss']!
          .data[0]!
      return (near(x + h) - near(x - h)) / (2 * h)
    }),
  )
}

const flat = (nodes: readonly Node[], feed: Record<string, ReferenceTensor>): number[] => {
  const results = interpret(program('flat', Object.fromEntries(nodes.map((node, i) => [i, node]))), feed)
  return nodes.flatMap((_, i) => Array.from(results[i]!.data))
}

/**
 * Checks the first and second derivatives of a sample. Some axes of the result are summed first, so that the operation
 * receives gradients of both sizes: the size of the result, and 1 along axes on which the gradient is constant.
 */
const checkTwice = (sample: Sample, draw: number, sums: readonly boolean[]): void => {
  const feed = drawFeed(sample, draw)
  const inputs = sample.shapes.map((x, i) => o.input(`x${i}`, x))
  const y = sample.f(...inputs)
  const axes = y.shape.flatMap((_, axis) => (sums[axis] === true ? [axis] : []))
  const loss = weighted(o.sum(y, axes, true))
  const first = gradient(loss, inputs)
  first.forEach((g, i) => expect(g.shape).toEqual(sample.shapes[i]))
  expectClose(flat(first, feed), differences(loss, feed), 1e-7)
  const second = first.map((g) => weighted(o.mul(g, g))).reduce(o.add)
  expectClose(flat(gradient(second, inputs), feed), differences(second, feed), 1e-6)
}

describe('derivatives against central differences in double precision, of first and second order', () => {
  test('every primitive has samples', () => {
    expect(Object.keys(samples).sort()).toEqual(Object.keys(operations).sort())
  })

  test.each(Object.entries(samples))('%s', (_, sample) => {
    fc.assert(fc.property(sample, seed, summed, checkTwice), { numRuns: 60 })
  })

  test('operations for generation refuse to be differentiated', () => {
    const [token, rows] = [o.input('token', [2, 1, 1, 4]), o.input('rows', [2, 3])]
    expect(() => gradient(o.sum(attended(token), [0, 1, 2, 3]), [token])).toThrow(
      'cachedAttention has no derivative: it is for generation',
    )
    expect(() => gradient(o.sum(multiplied(rows), [0, 1]), [rows])).toThrow(
      'quantizedMatmul has no derivative: it is for generation',
    )
  })
})
