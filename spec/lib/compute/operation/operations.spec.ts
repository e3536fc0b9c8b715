import { describe, expect, test } from 'vitest'
import * as o from '#lib/compute/operation/index.js'
import type { Computed } from '#lib/compute/operation/operation.js'
import { operations } from '#lib/compute/operation/operations.js'
import type { Node, Shape } from '#lib/compute/program/node.js'
import { program } from '#lib/compute/program/program.js'
import { topologicalOrder } from '#lib/compute/program/traverse.js'
import { cases } from '../reference/cases.js'
import { expectClose } from '../reference/close.js'
import { interpret } from '../reference/interpret.js'

const floats = (shape: Shape, ...data: number[]) => o.constant(Float32Array.from(data), shape)
const ints = (shape: Shape, ...data: number[]) => o.constant(Int32Array.from(data), shape)
const vector = (...data: number[]) => floats([data.length], ...data)
const matrix = floats([2, 3], 1, 2, 3, 4, 5, 6)

/** Example of every primitive, worked by hand. */
const worked: { readonly [K in Computed]: readonly [result: Node, shape: Shape, data: readonly number[]] } = {
  neg: [o.neg(vector(1, -2)), [2], [-1, 2]],
  exp: [o.exp(vector(0, 1)), [2], [1, Math.E]],
  log: [o.log(vector(1, 4)), [2], [0, 2 * Math.LN2]],
  sqrt: [o.sqrt(vector(4, 0.25)), [2], [2, 0.5]],
  sigmoid: [o.sigmoid(vector(0, 2, -200)), [3], [0.5, 0.8807970779778823, 0]],
  add: [o.add(matrix, vector(10, 20, 30)), [2, 3], [11, 22, 33, 14, 25, 36]],
  sub: [o.sub(floats([2, 1], 1, 2), vector(10, 20)), [2, 2], [-9, -19, -8, -18]],
  mul: [o.mul(vector(2, 3), floats([2, 1], 5, 7)), [2, 2], [10, 15, 14, 21]],
  div: [o.div(vector(1, 3), vector(2, 4)), [2], [0.5, 0.75]],
  maximum: [o.maximum(vector(1, 5), vector(3, 2)), [2], [3, 5]],
  minimum: [o.minimum(vector(1, 5), vector(3, 2)), [2], [1, 2]],
  less: [o.less(vector(1, 2, 3), vector(2, 2, 2)), [3], [1, 0, 0]],
  equal: [o.equal(ints([3], 1, 2, 3), ints([], 2)), [3], [0, 1, 0]],
  select: [o.select(vector(0, 1, -1), vector(1, 2, 3), vector(7, 8, 9)), [3], [7, 2, 3]],
  sum: [o.sum(matrix, [0]), [3], [5, 7, 9]],
  max: [o.max(matrix, [-1], true), [2, 1], [3, 6]],
  softmax: [o.softmax(floats([2, 2], 0, 0, -200, 0)), [2, 2], [0.5, 0.5, 0, 1]],
  matmul: [o.matmul(matrix, floats([3, 2], 1, 0, 0, 1, 1, 1)), [2, 2], [4, 5, 10, 11]],
  reshape: [o.reshape(o.neg(matrix), [3, 2]), [3, 2], [-1, -2, -3, -4, -5, -6]],
  transpose: [o.transpose(matrix, [1, 0]), [3, 2], [1, 4, 2, 5, 3, 6]],
  broadcast: [o.broadcast(floats([2, 1], 1, 2), [2, 2, 2]), [2, 2, 2], [1, 1, 2, 2, 1, 1, 2, 2]],
  slice: [o.slice(matrix, [0, 1], [2, 2]), [2, 2], [2, 3, 5, 6]],
  concat: [o.concat([matrix, floats([2, 1], 7, 8)], 1), [2, 4], [1, 2, 3, 7, 4, 5, 6, 8]],
  pad: [o.pad(vector(1, 2), [1], [2]), [5], [0, 1, 2, 0, 0]],
  gather: [o.gather(matrix, ints([3], 1, 0, 1)), [3, 3], [4, 5, 6, 1, 2, 3, 4, 5, 6]],
  scatterAdd: [o.scatterAdd(ints([3], 2, 0, 2), vector(1, 2, 3), 4), [4], [2, 0, 4, 0]],
  oneHot: [o.oneHot(ints([2], 2, 0), 3), [2, 3], [0, 0, 1, 1, 0, 0]],
  rmsNorm: [o.rmsNorm(floats([2, 2], 2, -2, 1, 7), vector(1, 10), 0), [2, 2], [1, -10, 0.2, 14]],
  inverseRms: [o.inverseRms(floats([2, 2], 2, -2, 0, 0), 4), [2, 1], [Math.SQRT1_2 / 2, 0.5]],
  swiglu: [o.swiglu(vector(0, 2), vector(5, 3)), [2], [0, 6 / (1 + Math.exp(-2))]],
  rope: [
    o.rope(floats([1, 1, 2, 2], 5, 6, 1, 0), ints([1, 2], 0, 1), { frequencies: [1], limit: 2, back: false }),
    [1, 1, 2, 2],
    [5, 6, Math.fround(Math.cos(1)), Math.fround(Math.sin(1))],
  ],
  writeCache: [
    o.writeCache(floats([2, 1, 2, 1], 1, 2, 3, 4), floats([2, 1, 1, 1], 8, 9), ints([2], 1, 0)),
    [2, 1, 2, 1],
    [1, 8, 9, 4],
  ],
  // The first position attends to itself, the second to both with weights 1/4 and 3/4.
  causalAttention: [
    o.causalAttention(floats([1, 1, 2, 1], 5, 1), floats([1, 1, 2, 1], 0, Math.log(3)), floats([1, 1, 2, 1], 4, 8)),
    [1, 1, 2, 1],
    [4, (4 + 8 * Math.exp(Math.fround(Math.log(3)))) / (1 + Math.exp(Math.fround(Math.log(3))))],
  ],
  // Probabilities 1 and 0 with the second as target, then 1/2 and 1/2.
  tokenStatistics: [
    o.tokenStatistics(floats([2, 1], 2000, 0), floats([2, 1], 1, 0), ints([2], 1, 0), 1),
    [2, 4],
    [-2000, 0, 1, 0, -Math.LN2, Math.LN2, 1 / 2, -Math.LN2 / 2],
  ],
  quantizedMatmul: [
    o.quantizedMatmul(matrix, o.constant(Int8Array.of(1, -2, 0, 3, 1, -128), [3, 2]), vector(10, 0.5)),
    [2, 2],
    [40, -190, 100, -380.5],
  ],
  // The first row attends to itself only, the second also to the position before it, with weights 1/4 and 3/4.
  cachedAttention: [
    o.cachedAttention(
      { q: floats([2, 1, 1, 1], 5, 1), k: floats([2, 1, 1, 1], 2, Math.log(3)), v: floats([2, 1, 1, 1], 6, 8) },
      { keys: floats([2, 1, 2, 1], 1, 1, 0, 9), values: floats([2, 1, 2, 1], 7, 7, 4, 9) },
      ints([2], 0, 1),
    ),
    [2, 1, 1, 1],
    [6, (4 + 8 * Math.exp(Math.fround(Math.log(3)))) / (1 + Math.exp(Math.fround(Math.log(3))))],
  ],
  cast: [o.cast(vector(-1.5, 1.5), 'int32'), [2], [-1, 1]],
  stopGradient: [o.stopGradient(vector(1, 2)), [2], [1, 2]],
}

describe('primitives', () => {
  test('the worked examples cover the table of operations', () => {
    expect(Object.keys(worked).sort()).toEqual(Object.keys(operations).sort())
  })

  test.each(Object.entries(worked))('%s', (op, [y, shape, data]) => {
    expect(y.op).toBe(op)
    expect(y.shape).toEqual(shape)
    const found = interpret(program(op, { y }), {})['y']!
    expectClose(found.data, data, 1e-15)
  })

  test('the cases for the engines use every primitive', () => {
    const used = new Set(cases.flatMap((one) => topologicalOrder(one.program).map(({ op }) => op)))
    expect([...used].sort()).toEqual(['constant', 'input', ...Object.keys(operations)].sort())
  })

  test('all cases have different names, and their results are finite unless they test infinity', () => {
    expect(new Set(cases.map(({ name }) => name)).size).toBe(cases.length)
    for (const { name, program, feed } of cases) {
      const infinite = Object.values(interpret(program, feed)).some(({ data }) => !data.every(Number.isFinite))
      expect(infinite, name).toBe(name.includes('Infinity'))
    }
  })
})
